/**
 * Checks of IP addresses and ranges.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go, pkg/apis/core/validation/validation.go (ValidateNonSpecialIP)
 */
import { parseIPv6 } from "../base/ipv6.ts";
import type { FieldError, Path } from "../machinery/field.ts";
import { invalid } from "../machinery/fieldErrors.ts";

const notAnAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const notARange = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

export function familyOf(address: string): "IPv4" | "IPv6" | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return address.split(".").every((part) => Number(part) <= 255) ? "IPv4" : undefined;
  return address.includes(":") && parseIPv6(address) !== undefined ? "IPv6" : undefined;
}

function hasLeadingZero(address: string): boolean {
  return address.includes(".") && address.split(".").some((part) => part.length > 1 && part.startsWith("0"));
}

export function ipAddress(value: string, at: Path): FieldError[] {
  if (familyOf(value) === undefined) return [invalid(at, value, notAnAddress)];
  return hasLeadingZero(value) ? [invalid(at, value, "must not have leading 0s")] : [];
}

export function ipv4Address(value: string, at: Path): FieldError[] {
  return familyOf(value) === "IPv4" ? [] : [invalid(at, value, "must be an IPv4 address")];
}

export function ipv6Address(value: string, at: Path): FieldError[] {
  return familyOf(value) === "IPv6" ? [] : [invalid(at, value, "must be an IPv6 address")];
}

export function cidrFamily(value: string): "IPv4" | "IPv6" | undefined {
  const [address = "", length = "", ...rest] = value.split("/");
  const family = familyOf(address);
  const most = family === "IPv4" ? 32 : 128;
  return rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= most ? family : undefined;
}

export function cidrRange(value: string, at: Path): FieldError[] {
  return cidrFamily(value) === undefined ? [invalid(at, value, notARange)] : [];
}

/** Whether `inner` lies inside `outer` and is smaller. Both must be ranges. */
export function cidrContains(outer: string, inner: string): boolean {
  const [outerAddress = "", outerLength = ""] = outer.split("/");
  const [innerAddress = "", innerLength = ""] = inner.split("/");
  if (familyOf(outerAddress) !== familyOf(innerAddress) || Number(outerLength) >= Number(innerLength)) return false;
  return bitsOf(outerAddress).slice(0, Number(outerLength)) === bitsOf(innerAddress).slice(0, Number(outerLength));
}

function bitsOf(address: string): string {
  if (familyOf(address) === "IPv6") return (parseIPv6(address) ?? []).map((group) => group.toString(2).padStart(16, "0")).join("");
  const parts = address.split(".").map(Number);
  return parts.map((part) => part.toString(2).padStart(8, "0")).join("");
}

/** Not loopback, link-local or unspecified: an address that can serve others. */
export function ordinaryAddress(value: string, at: Path): FieldError[] {
  const family = familyOf(value);
  if (family === undefined) return [invalid(at, value, "must be a valid IP address")];
  const use = family === "IPv4" ? ipv4Use(value) : ipv6Use(value);
  if (use === "ordinary") return [];
  return [invalid(at, value, use === "unspecified" ? `may not be unspecified (${value})` : notOrdinary[use])];
}

const notOrdinary = {
  loopback: "may not be in the loopback range (127.0.0.0/8, ::1/128)",
  "link-local": "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
  multicast: "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
} as const;

type Use = "ordinary" | "unspecified" | keyof typeof notOrdinary;

function ipv4Use(value: string): Use {
  const [a, b, c] = value.split(".").map(Number);
  if (/^0+(\.0+){3}$/.test(value)) return "unspecified";
  if (a === 127) return "loopback";
  if (a === 169 && b === 254) return "link-local";
  return a === 224 && b === 0 && c === 0 ? "multicast" : "ordinary";
}

function ipv6Use(value: string): Use {
  const groups = parseIPv6(value) ?? [];
  const first = groups[0] ?? 0;
  const rest = groups.slice(0, 7).every((group) => group === 0);
  if (rest && groups[7] === 0) return "unspecified";
  if (rest && groups[7] === 1) return "loopback";
  if ((first & 0xffc0) === 0xfe80) return "link-local";
  return (first & 0xff0f) === 0xff02 ? "multicast" : "ordinary";
}
