/** IPv4 addresses and ranges as numbers. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export interface Cidr {
  /** The network's first address. */
  readonly network: number;
  readonly prefixLength: number;
  /** Number of addresses. */
  readonly size: number;
}

/** `10.244.3.7/16` is the network 10.244.0.0 of 65,536 addresses; undefined when it is no IPv4 CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [base = "", lengthText = "", ...more] = text.split("/");
  const address = parseIPv4(base);
  const prefixLength = /^\d{1,2}$/.test(lengthText) ? Number(lengthText) : 33;
  if (address === undefined || prefixLength > 32 || more.length > 0) return undefined;
  const size = 2 ** (32 - prefixLength);
  return { network: address - (address % size), prefixLength, size };
}
