/** Pod ranges for nodes: equal parts of the cluster's range, the lowest free one first. Upstream: pkg/controller/nodeipam/ipam/cidrset/cidr_set.go */
import { formatIPv4, parseCidr } from "../../base/ipv4.ts";

export interface PodRanges {
  readonly network: number;
  readonly count: number;
  readonly prefixLength: number;
}

/** Throws with one sentence when the two don't fit together. */
export function podRanges(clusterCidr: string, prefixLength: number): PodRanges {
  const cidr = parseCidr(clusterCidr);
  if (cidr === undefined) throw new Error(`the cluster's pod range "${clusterCidr}" is not an IPv4 CIDR such as 10.244.0.0/16`);
  if (!Number.isInteger(prefixLength) || prefixLength < cidr.prefixLength || prefixLength > 30) {
    throw new Error(`nodes can't have /${prefixLength} ranges of ${clusterCidr}: choose a prefix length from ${cidr.prefixLength} to 30`);
  }
  return { network: cidr.network, count: 2 ** (prefixLength - cidr.prefixLength), prefixLength };
}

export function firstFreeRange({ network, count, prefixLength }: PodRanges, taken: ReadonlySet<string>): string | undefined {
  const size = 2 ** (32 - prefixLength);
  for (let i = 0; i < count; i += 1) {
    const range = `${formatIPv4(network + i * size)}/${prefixLength}`;
    if (!taken.has(range)) return range;
  }
  return undefined;
}
