/** Which addresses a cluster uses. Inside its own network they never meet the machine's; LoadBalancer addresses are the machine's loopback. */
export const serviceRange = "10.96.0.0/12";
export const dnsAddress = "10.96.0.10";
/** The `kubernetes` Service. */
export const apiServiceAddress = "10.96.0.1";
export const podRange = "10.244.0.0/16";
export const clusterDomain = "cluster.local";

/** Node n, from 1. */
export function nodeAddress(index: number): string {
  return `172.31.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

export function nodePodCidr(index: number): string {
  return `10.244.${index}.0/24`;
}

/** Where the API server listens inside the network, behind the `kubernetes` Service. */
export const apiInsideAddress: string = nodeAddress(0);
export const apiInsidePort = 6443;

/** Clusters of one user side by side each have a range: index 0 to 190. */
export function loadBalancerRange(clusterIndex: number): string {
  return `127.${64 + clusterIndex}.0.0/16`;
}
