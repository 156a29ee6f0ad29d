/** The eight 16-bit groups of an IPv6 address, whose last two may be written as dotted IPv4; undefined: it is none. */
export function parseIPv6(address: string): number[] | undefined {
  const halves = withoutDotted(address)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = [...(head ?? []), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...(head ?? []), ...Array.from({ length: missing }, () => "0"), ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}

/** `::ffff:1.2.3.4` with its last part as two groups. */
function withoutDotted(address: string): string | undefined {
  const match = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(address);
  if (match === null) return address.includes(".") ? undefined : address;
  const [, head = "", dotted = ""] = match;
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
  if (Math.max(a, b, c, d) > 255) return undefined;
  return `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
