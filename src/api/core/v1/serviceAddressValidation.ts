/** Checks of a Service's cluster addresses and their families. Upstream: pkg/apis/core/validation/validation.go (ValidateServiceClusterIPsRelatedFields) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, invalid, notSupported } from "../../../machinery/fieldErrors.ts";
import type { ServiceSpec } from "../../../schema/shapes/core.v1.ts";
import { familyOf, ipAddress } from "../../addressChecks.ts";
import { optionalOneOf } from "../../fieldChecks.ts";

const families: readonly string[] = ["IPv4", "IPv6"];
const familyPolicies: readonly string[] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const noAddress = "None";

/** Without an address of its own: its name leads to the pods themselves. */
export function isHeadless(spec: ServiceSpec): boolean {
  const addresses = addressesOf(spec);
  return addresses.length === 1 && addresses[0] === noAddress;
}

/** `clusterIP` alone stands for the list, as clients may give either. */
function addressesOf({ clusterIP, clusterIPs = [] }: ServiceSpec): readonly string[] {
  return clusterIPs.length === 0 && clusterIP ? [clusterIP] : clusterIPs;
}

export function validateClusterIPs(spec: ServiceSpec, at: Path): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const listAt = at.child("clusterIPs");
  const errors = [
    ...validateFirst(spec, listAt),
    ...validateFamilies(spec.ipFamilies ?? [], at.child("ipFamilies")),
    ...optionalOneOf(spec.ipFamilyPolicy, familyPolicies, at.child("ipFamilyPolicy")),
  ];
  const addresses = addressesOf(spec);
  const form = addresses.flatMap((address, i) => validateForm(address, i, addresses, listAt));
  errors.push(...form);
  if (addresses.length > 2) errors.push(invalid(listAt, addresses, "may only hold up to 2 values"));
  if (form.length > 0) return errors;
  return [...errors, ...validatePairs(addresses, spec.ipFamilies ?? [], listAt)];
}

function validateFirst({ clusterIP = "", clusterIPs = [] }: ServiceSpec, at: Path): FieldError[] {
  if (clusterIPs.length === 0) return [];
  if (clusterIP === "") return [invalid(at, clusterIPs, "must be empty when `clusterIP` is not specified")];
  return clusterIPs[0] === clusterIP ? [] : [invalid(at, clusterIPs, "first value must match `clusterIP`")];
}

function validateFamilies(list: readonly string[], at: Path): FieldError[] {
  return list.flatMap((family, i) => [
    ...(families.includes(family) ? [] : [notSupported(at.index(i), family, families)]),
    ...(list.indexOf(family) < i ? [duplicate(at.index(i), family)] : []),
  ]);
}

function validateForm(address: string, i: number, all: readonly string[], at: Path): FieldError[] {
  if (i > 0 || address !== noAddress) return ipAddress(address, at.index(i));
  return all.length > 1 ? [invalid(at, all, "'None' must be the first and only value")] : [];
}

function validatePairs(addresses: readonly string[], wanted: readonly string[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length > 1 && new Set(addresses.map(familyOf)).size < addresses.length) {
    errors.push(invalid(at, addresses, "may specify no more than one IP for each IP family"));
  }
  for (const [i, address] of addresses.entries()) {
    const family = wanted[i];
    if (address === noAddress || family === undefined || !families.includes(family) || familyOf(address) === family) continue;
    errors.push(invalid(at.index(i), address, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``));
  }
  return errors;
}

/** An address stays as long as the Service has addresses; a second may come and go. */
export function validateClusterIPChange(next: ServiceSpec, previous: ServiceSpec, at: Path): FieldError[] {
  if (next.type === "ExternalName" || previous.type === "ExternalName") return [];
  if (isHeadless(next) && isHeadless(previous)) return [];
  const now = next.clusterIPs ?? [];
  const before = previous.clusterIPs ?? [];
  const listAt = at.child("clusterIPs");
  if (now.length === before.length) {
    const changed = before.flatMap((address, i) => (address === now[i] ? [] : [i]));
    return changed.map((i) => invalid(listAt.index(i), now, "may not change once set"));
  }
  const errors: FieldError[] = [];
  if (now.length === 0) errors.push(invalid(listAt.index(0), now, "primary clusterIP can not be unset"));
  else if (before.length > 0 && now[0] !== before[0]) errors.push(invalid(listAt.index(0), now, "may not change once set"));
  const released = before.length > now.length && now.length === 1 && next.ipFamilyPolicy !== "SingleStack";
  if (!released) return errors;
  const text = "must be set to 'SingleStack' when releasing the secondary clusterIP";
  return [...errors, invalid(at.child("ipFamilyPolicy"), next.ipFamilyPolicy ?? null, text)];
}

export function validateFamilyChange(next: ServiceSpec, previous: ServiceSpec, at: Path): FieldError[] {
  if (next.type === "ExternalName" || previous.type === "ExternalName" || isHeadless(next) || isHeadless(previous)) return [];
  const now = next.ipFamilies ?? [];
  const before = previous.ipFamilies ?? [];
  const firstAt = at.child("ipFamilies").index(0);
  const changed = before.filter((family, i) => i < now.length && family !== now[i]);
  const errors = changed.map(() => invalid(firstAt, now, "may not change once set"));
  return before.length > now.length ? [...errors, ...validateReleasedFamily(next, at)] : errors;
}

function validateReleasedFamily(next: ServiceSpec, at: Path): FieldError[] {
  const now = next.ipFamilies ?? [];
  const errors: FieldError[] = [];
  if (addressesOf(next).length === 0) errors.push(invalid(at.child("ipFamilies").index(0), now, "primary ipFamily can not be unset"));
  if (now.length !== 1 || next.ipFamilyPolicy === "SingleStack") return errors;
  const text = "must be set to 'SingleStack' when releasing the secondary ipFamily";
  return [...errors, invalid(at.child("ipFamilyPolicy"), next.ipFamilyPolicy ?? null, text)];
}
