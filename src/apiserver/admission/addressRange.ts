/** IPv4 ranges in CIDR notation, addresses as numbers. */
import { assert } from "../../base/assert.ts";

export interface AddressRange {
  readonly text: string;
  readonly network: number;
  /** Addresses in it, the first and last included. */
  readonly size: number;
}

export function parseRange(text: string): AddressRange {
  const [address = "", bits = ""] = text.split("/");
  const base = ipv4ToNumber(address);
  const prefix = Number(bits);
  assert(base !== undefined && Number.isInteger(prefix) && prefix >= 8 && prefix <= 30, `${text} is an IPv4 range`);
  const size = 2 ** (32 - prefix);
  return { text, network: Math.floor(base / size) * size, size };
}

export function ipv4ToNumber(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let number = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    number = number * 256 + Number(part);
  }
  return number;
}

export function numberToIpv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
