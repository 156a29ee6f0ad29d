/** The range that LoadBalancer addresses come from. */
import { formatIPv4, parseCidr, parseIPv4 } from "../../base/ipv4.ts";

export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** Throws with one sentence for anything that is no IPv4 CIDR. Network and broadcast addresses are not handed out. */
export function parseRange(text: string): AddressRange {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.prefixLength < 1 || cidr.prefixLength > 30) {
    throw new Error(`"${text}" is not an IPv4 range such as 127.1.0.0/16 (prefix length 1 to 30)`);
  }
  return { first: cidr.network + 1, last: cidr.network + cidr.size - 2 };
}

export function inRange(range: AddressRange, ip: string): boolean {
  const address = parseIPv4(ip);
  return address !== undefined && address >= range.first && address <= range.last;
}

/** The lowest address that is not taken. */
export function firstFree(range: AddressRange, taken: ReadonlySet<string>): string | undefined {
  for (let address = range.first; address <= range.last; address += 1) {
    const ip = formatIPv4(address);
    if (!taken.has(ip)) return ip;
  }
  return undefined;
}
