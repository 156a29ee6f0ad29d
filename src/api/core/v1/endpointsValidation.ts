/** Checks of Endpoints. Upstream: pkg/apis/core/validation/validation.go (ValidateEndpoints) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { required } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from "../../../schema/shapes/core.v1.ts";
import { ipAddress, ordinaryAddress } from "../../addressChecks.ts";
import { dnsLabel, dnsSubdomainName, portNumber, problemsAt, protocols, qualifiedName, requiredOneOf } from "../../fieldChecks.ts";
import { validateObjectMeta } from "../../meta/v1/objectMeta.ts";

export function validateEndpoints({ metadata, subsets = [] }: Endpoints, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...subsets.flatMap((subset, i) => validateSubset(subset, at.child("subsets").index(i))),
  ];
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, at: Path): FieldError[] {
  const none = addresses.length + notReadyAddresses.length === 0;
  return [
    ...(none ? [required(at, "must specify `addresses` or `notReadyAddresses`")] : []),
    ...addresses.flatMap((address, i) => validateAddress(address, at.child("addresses").index(i))),
    ...notReadyAddresses.flatMap((address, i) => validateAddress(address, at.child("notReadyAddresses").index(i))),
    ...ports.flatMap((port, i) => validatePort(port, ports.length > 1, at.child("ports").index(i))),
  ];
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, at: Path): FieldError[] {
  const errors = ipAddress(ip, at.child("ip"));
  if (hostname) errors.push(...dnsLabel(hostname, at.child("hostname")));
  if (nodeName !== undefined) errors.push(...problemsAt(at.child("nodeName"), nodeName, dnsSubdomainProblems(nodeName)));
  return [...errors, ...ordinaryAddress(ip, at.child("ip"))];
}

function validatePort({ name, port, protocol, appProtocol }: EndpointPort, named: boolean, at: Path): FieldError[] {
  const errors = name ? dnsLabel(name, at.child("name")) : [];
  if (!name && named) errors.push(required(at.child("name")));
  errors.push(...portNumber(port, at.child("port")), ...requiredOneOf(protocol, protocols, at.child("protocol")));
  return appProtocol === undefined ? errors : [...errors, ...qualifiedName(appProtocol, at.child("appProtocol"))];
}
