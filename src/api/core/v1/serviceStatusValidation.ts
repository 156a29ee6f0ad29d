/** Checks of a Service's load balancer addresses. Upstream: pkg/apis/core/validation/validation.go (ValidateLoadBalancerStatus) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { LoadBalancerIngress, Service } from "../../../schema/shapes/core.v1.ts";
import { familyOf, ipAddress } from "../../addressChecks.ts";
import { dnsSubdomain } from "../../fieldChecks.ts";

const modes: readonly string[] = ["Proxy", "VIP"];

/** `at`: the path of the list of addresses. */
export function validateLoadBalancerStatus({ spec, status }: Service, at: Path): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec.type !== "LoadBalancer" && ingress.length > 0) {
    return [forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return ingress.flatMap((entry, i) => [...validateAddress(entry, at.index(i)), ...validateHostname(entry, at.index(i).child("hostname"))]);
}

function validateAddress({ ip = "", ipMode }: LoadBalancerIngress, at: Path): FieldError[] {
  const errors = ip === "" ? [] : ipAddress(ip, at.child("ip"));
  const modeAt = at.child("ipMode");
  if (ipMode === undefined) return ip === "" ? errors : [...errors, required(modeAt, "must be specified when `ip` is set")];
  if (ip === "") return [...errors, forbidden(modeAt, "may not be specified when `ip` is not set")];
  return modes.includes(ipMode) ? errors : [...errors, notSupported(modeAt, ipMode, modes)];
}

function validateHostname({ hostname = "" }: LoadBalancerIngress, at: Path): FieldError[] {
  if (hostname === "") return [];
  const errors = dnsSubdomain(hostname, at);
  return familyOf(hostname) === undefined ? errors : [...errors, invalid(at, hostname, "must be a DNS name, not an IP address")];
}
