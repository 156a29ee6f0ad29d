/** Checks of Services. Upstream: pkg/apis/core/validation/validation.go (ValidateService, ValidateServiceUpdate) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import type { Service, ServicePort, ServiceSpec } from "../../../schema/shapes/core.v1.ts";
import { cidrRange, ipAddress, ordinaryAddress } from "../../addressChecks.ts";
import {
  dns1035Name,
  dnsLabel,
  dnsSubdomain,
  portNumber,
  portNumberOrName,
  protocols,
  qualifiedName,
  requiredOneOf,
} from "../../fieldChecks.ts";
import { validateLabels } from "../../meta/v1/labels.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { isHeadless, validateClusterIPs, validateFamilyChange, validateClusterIPChange } from "./serviceAddressValidation.ts";
import { validateLoadBalancerStatus } from "./serviceStatusValidation.ts";
import { validateTrafficPolicies, needsHealthCheckPort } from "./serviceTrafficValidation.ts";

const types: readonly string[] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const kubeletPort = 10_250;
const maxAffinitySeconds = 86_400;

export function validateService({ metadata, spec }: Service, at: Path): FieldError[] {
  const specAt = at.child("spec");
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dns1035Name }, at.child("metadata")),
    ...validateByType(spec, specAt),
    ...validatePorts(spec, specAt.child("ports")),
    ...validateLabels(spec.selector, specAt.child("selector")),
    ...validateAffinity(spec, specAt),
    ...validateClusterIPs(spec, specAt),
    ...validateExternalIPs(spec, specAt.child("externalIPs")),
    ...requiredOneOf(spec.type, types, specAt.child("type")),
    ...validateNodePorts(spec, specAt.child("ports")),
    ...validateLoadBalancer(spec, specAt),
    ...validateTrafficPolicies(spec, specAt),
  ];
}

function validateByType(spec: ServiceSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const ports = spec.ports ?? [];
  const headless = isHeadless(spec);
  if (ports.length === 0 && !headless && spec.type !== "ExternalName") errors.push(required(at.child("ports")));
  if (spec.type === "LoadBalancer") errors.push(...validateExposedPorts(ports, at.child("ports")));
  if (headless && (spec.type === "LoadBalancer" || spec.type === "NodePort")) {
    errors.push(invalid(at.child("clusterIPs").index(0), "None", `may not be set to 'None' for ${spec.type} services`));
  }
  return spec.type === "ExternalName" ? [...errors, ...validateExternalName(spec, at)] : errors;
}

function validateExposedPorts(ports: readonly ServicePort[], at: Path): FieldError[] {
  const text = `may not expose port ${kubeletPort} externally since it is used by kubelet`;
  return ports.flatMap(({ port }, i) => (port === kubeletPort ? [invalid(at.index(i), port, text)] : []));
}

function validateExternalName(spec: ServiceSpec, at: Path): FieldError[] {
  const text = "may not be set for ExternalName services";
  const errors: FieldError[] = [];
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbidden(at.child("clusterIPs"), text));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden(at.child("ipFamilies"), text));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden(at.child("ipFamilyPolicy"), text));
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  const nameAt = at.child("externalName");
  return [...errors, ...(name === "" ? [required(nameAt)] : dnsSubdomain(name, nameAt))];
}

function validatePorts({ ports = [] }: ServiceSpec, at: Path): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const here = at.index(i);
    return [
      ...validatePortName(port.name ?? "", ports.length > 1, names, here.child("name")),
      ...portNumber(port.port, here.child("port")),
      ...requiredOneOf(port.protocol, protocols, here.child("protocol")),
      ...portNumberOrName(port.targetPort ?? 0, here.child("targetPort")),
      ...(port.appProtocol === undefined ? [] : qualifiedName(port.appProtocol, here.child("appProtocol"))),
    ];
  });
}

function validatePortName(name: string, needed: boolean, taken: Set<string>, at: Path): FieldError[] {
  if (name === "") return needed ? [required(at)] : [];
  const errors = dnsLabel(name, at);
  if (taken.has(name)) errors.push(duplicate(at, name));
  taken.add(name);
  return errors;
}

function validateNodePorts({ type, ports = [] }: ServiceSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const pairs = new Set<string>();
  for (const [i, { nodePort, protocol = "" }] of ports.entries()) {
    const portAt = at.index(i).child("nodePort");
    if (!nodePort) continue;
    if (type === "ClusterIP") errors.push(forbidden(portAt, "may not be used when `type` is 'ClusterIP'"));
    if (nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(portAt, nodePort));
    nodePorts.add(`${protocol}/${nodePort}`);
  }
  for (const [i, { port, protocol = "" }] of ports.entries()) {
    if (pairs.has(`${protocol}/${port}`)) errors.push(duplicate(at.index(i), { port, protocol, targetPort: 0 }));
    pairs.add(`${protocol}/${port}`);
  }
  return errors;
}

function validateAffinity(spec: ServiceSpec, at: Path): FieldError[] {
  const { sessionAffinity, sessionAffinityConfig: config } = spec;
  const configAt = at.child("sessionAffinityConfig");
  const errors = requiredOneOf(sessionAffinity, ["ClientIP", "None"], at.child("sessionAffinity"));
  if (sessionAffinity === "None" && config !== undefined) {
    return [...errors, forbidden(configAt, "must not be set when session affinity is None")];
  }
  if (sessionAffinity !== "ClientIP") return errors;
  const why = "when session affinity type is ClientIP";
  const secondsAt = configAt.child("clientIP", "timeoutSeconds");
  const seconds = config?.clientIP?.timeoutSeconds;
  if (config === undefined) errors.push(required(configAt, why));
  else if (config.clientIP === undefined) errors.push(required(configAt.child("clientIP"), why));
  else if (seconds === undefined) errors.push(required(secondsAt, why));
  else if (seconds <= 0 || seconds > maxAffinitySeconds) {
    errors.push(invalid(secondsAt, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`));
  }
  return errors;
}

function validateExternalIPs({ externalIPs = [] }: ServiceSpec, at: Path): FieldError[] {
  return externalIPs.flatMap((ip, i) => {
    const errors = ipAddress(ip, at.index(i));
    return errors.length > 0 ? errors : ordinaryAddress(ip, at.index(i));
  });
}

const onlyForLoadBalancer = "may only be used when `type` is 'LoadBalancer'";

function validateLoadBalancer(spec: ServiceSpec, at: Path): FieldError[] {
  const balanced = spec.type === "LoadBalancer";
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const rangesAt = at.child("LoadBalancerSourceRanges");
  const errors: FieldError[] = [];
  if (ranges.length > 0 && !balanced) errors.push(forbidden(rangesAt, onlyForLoadBalancer));
  errors.push(...ranges.flatMap((range, i) => cidrRange(range.trim(), rangesAt.index(i))));
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced) {
    errors.push(forbidden(at.child("allocateLoadBalancerNodePorts"), onlyForLoadBalancer));
  }
  const { loadBalancerClass } = spec;
  const classAt = at.child("loadBalancerClass");
  if (loadBalancerClass === undefined) return errors;
  return [...errors, ...(balanced ? qualifiedName(loadBalancerClass, classAt) : [forbidden(classAt, onlyForLoadBalancer)])];
}

export function validateServiceUpdate(next: Service, previous: Service, at: Path): FieldError[] {
  const specAt = at.child("spec");
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateClusterIPChange(next.spec, previous.spec, specAt),
    ...validateFamilyChange(next.spec, previous.spec, specAt),
  ];
  const bothBalanced = next.spec.type === "LoadBalancer" && previous.spec.type === "LoadBalancer";
  if (bothBalanced && next.spec.loadBalancerClass !== previous.spec.loadBalancerClass) {
    errors.push(invalid(specAt.child("loadBalancerClass"), next.spec.loadBalancerClass ?? null, "may not change once set"));
  }
  const bothChecked = needsHealthCheckPort(next.spec) && needsHealthCheckPort(previous.spec);
  if (bothChecked && next.spec.healthCheckNodePort !== previous.spec.healthCheckNodePort) {
    errors.push(forbidden(specAt.child("healthCheckNodePort"), "field is immutable"));
  }
  return [...errors, ...validateService(next, at)];
}

export function validateServiceStatusUpdate(next: Service, previous: Service, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateLoadBalancerStatus(next, at.child("status", "loadBalancer", "ingress")),
  ];
}
