/** Checks of Ingresses. Upstream: pkg/apis/networking/validation/validation.go (ValidateIngress) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems, portNameProblems, wildcardSubdomainProblems } from "../../../machinery/names.ts";
import type { TypedLocalObjectReference } from "../../../schema/shapes/core.v1.ts";
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from "../../../schema/shapes/networking.v1.ts";
import { familyOf, ipAddress } from "../../addressChecks.ts";
import { dns1035Name, dnsSubdomain, dnsSubdomainName, pathSegmentName, portNumber, problemsAt } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

const classAnnotation = "kubernetes.io/ingress.class";
const notAName = "must be a DNS name, not an IP address";

export function validateIngress(object: Ingress, at: Path): FieldError[] {
  const errors = validateWhole(object, at);
  const annotation = object.metadata.annotations?.[classAnnotation];
  const name = object.spec.ingressClassName;
  if (annotation === undefined || name === undefined || annotation === name) return errors;
  const text = "must match `ingressClassName` when both are specified";
  return [...errors, invalid(at.child("annotations", classAnnotation), annotation, text)];
}

export function validateIngressUpdate(next: Ingress, previous: Ingress, at: Path): FieldError[] {
  return [...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")), ...validateWhole(next, at)];
}

function validateWhole({ metadata, spec }: Ingress, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateSpec(spec, at.child("spec")),
  ];
}

function validateSpec({ rules = [], defaultBackend, tls = [], ingressClassName }: IngressSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid(at, rules, "either `defaultBackend` or `rules` must be specified"));
  }
  if (defaultBackend !== undefined) errors.push(...validateBackend(defaultBackend, at.child("defaultBackend")));
  errors.push(...rules.flatMap((rule, i) => validateRule(rule, at.child("rules").index(i))));
  errors.push(...tls.flatMap((entry, i) => validateTls(entry, at.child("tls").index(i))));
  return ingressClassName === undefined ? errors : [...errors, ...dnsSubdomain(ingressClassName, at.child("ingressClassName"))];
}

function validateHost(host: string, at: Path): FieldError[] {
  return problemsAt(at, host, host.includes("*") ? wildcardSubdomainProblems(host) : dnsSubdomainProblems(host));
}

function validateTls({ hosts = [], secretName }: IngressTLS, at: Path): FieldError[] {
  const errors = hosts.flatMap((host, i) => validateHost(host, at.child("hosts").index(i)));
  return secretName ? [...errors, ...dnsSubdomain(secretName, at.child("secretName"))] : errors;
}

function validateRule({ host = "", http }: IngressRule, at: Path): FieldError[] {
  const hostAt = at.child("host");
  const errors = familyOf(host) === undefined ? [] : [invalid(hostAt, host, notAName)];
  if (host !== "") errors.push(...validateHost(host, hostAt));
  if (http === undefined) return errors;
  const pathsAt = at.child("http", "paths");
  if (http.paths.length === 0) errors.push(required(pathsAt));
  return [...errors, ...http.paths.flatMap((path, i) => validatePath(path, pathsAt.index(i)))];
}

const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEndings = ["/..", "/."];

function validatePath({ path = "", pathType, backend }: HTTPIngressPath, at: Path): FieldError[] {
  const pathAt = at.child("path");
  const typeAt = at.child("pathType");
  if (pathType === undefined) return [required(typeAt, "pathType must be specified")];
  const errors: FieldError[] = [];
  const loose = pathType === "ImplementationSpecific";
  if (!loose && pathType !== "Exact" && pathType !== "Prefix") {
    errors.push(notSupported(typeAt, pathType, ["Exact", "ImplementationSpecific", "Prefix"]));
  } else if (!path.startsWith("/") && !(loose && path === "")) {
    errors.push(invalid(pathAt, path, "must be an absolute path"));
  }
  if (pathType === "Exact" || pathType === "Prefix") errors.push(...validateForm(path, pathAt));
  return [...errors, ...validateBackend(backend, at.child("backend"))];
}

function validateForm(path: string, at: Path): FieldError[] {
  return [
    ...badSequences.filter((bad) => path.includes(bad)).map((bad) => invalid(at, path, `must not contain '${bad}'`)),
    ...badEndings.filter((bad) => path.endsWith(bad)).map((bad) => invalid(at, path, `cannot end with '${bad}'`)),
  ];
}

function validateBackend({ service, resource }: IngressBackend, at: Path): FieldError[] {
  if (service !== undefined && resource !== undefined) return [invalid(at, "", "cannot set both resource and service backends")];
  if (resource !== undefined) return validateParametersReference(resource, at.child("resource"));
  if (service === undefined) return [invalid(at, "", "resource or service backend is required")];
  const nameAt = at.child("service", "name");
  const errors = service.name === "" ? [required(nameAt)] : problemsAt(nameAt, service.name, dns1035Name(service.name, false));
  return [...errors, ...validatePort(service, at)];
}

function validatePort({ port }: IngressServiceBackend, at: Path): FieldError[] {
  const { name = "", number = 0 } = port ?? {};
  const portAt = at.child("service", "port");
  if (name !== "" && number !== 0) return [invalid(at, "", "cannot set both port name & port number")];
  if (name !== "") return problemsAt(portAt.child("name"), name, portNameProblems(name));
  return number === 0 ? [required(at, "port name or number is required")] : portNumber(number, portAt.child("number"));
}

/** Of an object that a controller understands; also what classes refer to. */
export function validateParametersReference({ apiGroup, kind, name }: TypedLocalObjectReference, at: Path): FieldError[] {
  const errors = apiGroup === undefined ? [] : dnsSubdomain(apiGroup, at.child("apiGroup"));
  for (const [field, value] of Object.entries({ kind, name })) {
    errors.push(...(value === "" ? [required(at.child(field))] : problemsAt(at.child(field), value, pathSegmentName(value, false))));
  }
  return errors;
}

export function validateIngressStatusUpdate(next: Ingress, previous: Ingress, at: Path): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata"));
  for (const [i, { ip = "", hostname = "" }] of (next.status?.loadBalancer?.ingress ?? []).entries()) {
    const here = at.child("status", "loadBalancer", "ingress").index(i);
    if (ip !== "") errors.push(...ipAddress(ip, here.child("ip")));
    if (hostname === "") continue;
    errors.push(...dnsSubdomain(hostname, here.child("hostname")));
    if (familyOf(hostname) !== undefined) errors.push(invalid(here.child("hostname"), hostname, notAName));
  }
  return errors;
}
