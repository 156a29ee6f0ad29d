/** Checks of EndpointSlices. Upstream: pkg/apis/discovery/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, invalid, required, tooMany } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from "../../../schema/shapes/discovery.v1.ts";
import { ipAddress, ipv4Address, ipv6Address, ordinaryAddress } from "../../addressChecks.ts";
import { dnsLabel, dnsSubdomainName, immutable, problemsAt, protocols, qualifiedName, requiredOneOf } from "../../fieldChecks.ts";
import { validateLabels } from "../../meta/v1/labels.ts";
import { validateObjectMeta } from "../../meta/v1/objectMeta.ts";

const addressTypes: readonly string[] = ["FQDN", "IPv4", "IPv6"];
const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;
const maxHints = 8;
const maxTopologyLabels = 16;

export function validateEndpointSlice(slice: EndpointSlice, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(slice.metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...requiredOneOf(slice.addressType, addressTypes, at.child("addressType")),
    ...validateEndpoints(slice, at.child("endpoints")),
    ...validatePorts(slice.ports, at.child("ports")),
  ];
}

export function validateEndpointSliceUpdate(next: EndpointSlice, previous: EndpointSlice, at: Path): FieldError[] {
  return [...validateEndpointSlice(next, at), ...immutable(next.addressType, previous.addressType, at.child("addressType"))];
}

function validateEndpoints({ endpoints, addressType }: EndpointSlice, at: Path): FieldError[] {
  if (endpoints.length > maxEndpoints) return [tooMany(at, endpoints.length, maxEndpoints)];
  return endpoints.flatMap((endpoint, i) => [
    ...validateAddresses(endpoint.addresses, addressType, at.index(i).child("addresses")),
    ...validatePlace(endpoint, at.index(i)),
  ]);
}

function validateAddresses(addresses: readonly string[], type: string, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(at, "must contain at least 1 address"));
  else if (addresses.length > maxAddresses) errors.push(tooMany(at, addresses.length, maxAddresses));
  return [...errors, ...addresses.flatMap((address, i) => validateAddress(address, type, at.index(i)))];
}

function validateAddress(address: string, type: string, at: Path): FieldError[] {
  switch (type) {
    case "IPv4":
      return [...ipAddress(address, at), ...ipv4Address(address, at), ...ordinaryAddress(address, at)];
    case "IPv6":
      return [...ipAddress(address, at), ...ipv6Address(address, at), ...ordinaryAddress(address, at)];
    case "FQDN":
      return fullName(address, at);
    default:
      return [];
  }
}

function fullName(name: string, at: Path): FieldError[] {
  if (name === "") return [required(at)];
  const plain = name.endsWith(".") ? name.slice(0, -1) : name;
  const errors = problemsAt(at, plain, dnsSubdomainProblems(plain));
  if (errors.length > 0 || plain.includes(".")) return errors;
  return [invalid(at, plain, "should be a domain with at least two segments separated by dots")];
}

function validatePlace(endpoint: Endpoint, at: Path): FieldError[] {
  const topology = endpoint.deprecatedTopology ?? {};
  const topologyAt = at.child("deprecatedTopology");
  const count = Object.keys(topology).length;
  const errors = count > maxTopologyLabels ? [tooMany(topologyAt, count, maxTopologyLabels)] : [];
  errors.push(...validateLabels(topology, topologyAt));
  const { nodeName, hostname, hints } = endpoint;
  if (nodeName !== undefined) errors.push(...problemsAt(at.child("nodeName"), nodeName, dnsSubdomainProblems(nodeName)));
  if (hostname !== undefined) errors.push(...dnsLabel(hostname, at.child("hostname")));
  return hints === undefined ? errors : [...errors, ...validateHints(hints, at.child("hints"))];
}

function validateHints(hints: EndpointHints, at: Path): FieldError[] {
  return (["forZones", "forNodes"] as const).flatMap((kind) => {
    const names = (hints[kind] ?? []).map(({ name }) => name);
    const here = at.child(kind);
    if (names.length > maxHints) return [tooMany(here, names.length, maxHints)];
    return names.flatMap((name, i) => [
      ...(names.indexOf(name) < i ? [duplicate(here.index(i).child("name"), name)] : []),
      ...(name === ""
        ? [required(here.index(i).child("name"))]
        : problemsAt(here.index(i).child("name"), name, dnsSubdomainProblems(name))),
    ]);
  });
}

function validatePorts(ports: readonly EndpointPort[], at: Path): FieldError[] {
  if (ports.length > maxPorts) return [tooMany(at, ports.length, maxPorts)];
  const names = new Set<string>();
  return ports.flatMap(({ name = "", protocol, appProtocol }, i) => {
    const here = at.index(i);
    const errors = name === "" ? [] : dnsLabel(name, here.child("name"));
    if (names.has(name)) errors.push(duplicate(here.child("name"), name));
    names.add(name);
    errors.push(...requiredOneOf(protocol, protocols, here.child("protocol")));
    return appProtocol === undefined ? errors : [...errors, ...qualifiedName(appProtocol, here.child("appProtocol"))];
  });
}
