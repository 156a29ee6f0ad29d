/** Checks of which backends a Service's traffic may go to. Upstream: pkg/apis/core/validation/validation.go (validateServiceExternalTrafficPolicy) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required } from "../../../machinery/fieldErrors.ts";
import type { ServiceSpec } from "../../../schema/shapes/core.v1.ts";
import { optionalOneOf, portNumber, requiredOneOf } from "../../fieldChecks.ts";

const policies: readonly string[] = ["Cluster", "Local"];
const distributions: readonly string[] = ["PreferClose", "PreferSameNode", "PreferSameZone"];

/** Whether it can be reached from outside the cluster. */
export function servesOutside(spec: ServiceSpec): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer" || (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
}

/** Its load balancer must learn which nodes have backends. */
export function needsHealthCheckPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

export function validateTrafficPolicies(spec: ServiceSpec, at: Path): FieldError[] {
  return [
    ...validateExternal(spec, at.child("externalTrafficPolicy")),
    ...validateHealthCheckPort(spec, at.child("healthCheckNodePort")),
    ...validateInternal(spec, at.child("internalTrafficPolicy")),
    ...optionalOneOf(spec.trafficDistribution, distributions, at.child("trafficDistribution")),
  ];
}

function validateExternal(spec: ServiceSpec, at: Path): FieldError[] {
  const { externalTrafficPolicy: policy } = spec;
  if (servesOutside(spec)) return requiredOneOf(policy, policies, at);
  return policy ? [invalid(at, policy, "may only be set for externally-accessible services")] : [];
}

function validateHealthCheckPort(spec: ServiceSpec, at: Path): FieldError[] {
  const port = spec.healthCheckNodePort ?? 0;
  if (needsHealthCheckPort(spec)) return port === 0 ? [] : portNumber(port, at);
  const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return port === 0 ? [] : [invalid(at, port, text)];
}

function validateInternal({ type, internalTrafficPolicy: policy }: ServiceSpec, at: Path): FieldError[] {
  if (policy !== undefined) return optionalOneOf(policy, policies, at);
  return type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer" ? [required(at)] : [];
}
