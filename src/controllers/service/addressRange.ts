/** An IPv4 range in CIDR form, as numbers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** Throws with one sentence for anything that is no IPv4 CIDR. Network and broadcast addresses are not handed out. */
export function parseRange(cidr: string): AddressRange {
  const [base = "", lengthText = ""] = cidr.split("/");
  const start = parseIPv4(base);
  const length = /^\d{1,2}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (start === undefined || !(length >= 1 && length <= 30)) {
    throw new Error(`"${cidr}" is not an IPv4 range such as 127.1.0.0/16 (prefix length 1 to 30)`);
  }
  const size = 2 ** (32 - length);
  const network = start - (start % size);
  return { first: network + 1, last: network + size - 2 };
}

export function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
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
