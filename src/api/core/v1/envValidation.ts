/** Checks of environment variables and of what they and downward API files may refer to. Upstream: pkg/apis/core/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { configKeyProblems, dnsSubdomainProblems, envNameProblems } from "../../../machinery/names.ts";
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from "../../../schema/shapes/core.v1.ts";
import { dnsSubdomainName, problemsAt, qualifiedName } from "../../fieldChecks.ts";
import { validateLocalPath } from "./pathValidation.ts";
import { amountOf } from "./resourceValidation.ts";

const envFields: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
export const volumeFields: readonly string[] = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
/** What the API knows at all as a pod's field, with or without a subscript. */
const knownFields: readonly string[] = [...envFields, ...volumeFields, "spec.restartPolicy", "spec.schedulerName", "status.phase"];
const containerResources: readonly string[] = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const hugePagesForm = /^(requests|limits)\.hugepages-/;

export function validateEnv(variables: readonly EnvVar[], at: Path): FieldError[] {
  return variables.flatMap((variable, i) => {
    const nameAt = at.index(i).child("name");
    const name = variable.name === "" ? [required(nameAt)] : problemsAt(nameAt, variable.name, envNameProblems(variable.name));
    return [...name, ...validateValueFrom(variable, at.index(i).child("valueFrom"))];
  });
}

const sourceNames = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";

function validateValueFrom({ value = "", valueFrom }: EnvVar, at: Path): FieldError[] {
  if (valueFrom === undefined) return [];
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  const errors = validateSources(valueFrom, at);
  if (sources === 0) return [...errors, invalid(at, "", `must specify one of: ${sourceNames}`)];
  if (value !== "") return [...errors, invalid(at, "", "may not be specified when `value` is not empty")];
  return sources > 1 ? [...errors, invalid(at, "", "may not have more than one field specified at a time")] : errors;
}

function validateSources(source: EnvVarSource, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (source.fieldRef !== undefined) errors.push(...validateFieldRef(source.fieldRef, envFields, at.child("fieldRef")));
  if (source.resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldRef(source.resourceFieldRef, false, at.child("resourceFieldRef")));
  }
  for (const kind of ["configMapKeyRef", "secretKeyRef"] as const) {
    const reference = source[kind];
    if (reference === undefined) continue;
    const { name = "", key } = reference;
    errors.push(...problemsAt(at.child(kind, "name"), name, dnsSubdomainName(name, false)), ...validateKey(key, at.child(kind, "key")));
  }
  if (source.fileKeyRef !== undefined) errors.push(...validateFileKey(source.fileKeyRef, at.child("fileKeyRef")));
  return errors;
}

function validateKey(key: string, at: Path): FieldError[] {
  return key === "" ? [required(at)] : problemsAt(at, key, configKeyProblems(key));
}

function validateFileKey({ key, path, volumeName }: FileKeySelector, at: Path): FieldError[] {
  const errors = key === "" ? [required(at.child("key"))] : problemsAt(at.child("key"), key, envNameProblems(key));
  if (volumeName === "") errors.push(required(at.child("volumeName")));
  else errors.push(...problemsAt(at.child("volumeName"), volumeName, dnsSubdomainProblems(volumeName)));
  if (path === "") errors.push(required(at.child("path")));
  else errors.push(...validateLocalPath(path, at.child("path")));
  return errors;
}

/** `metadata.labels['key']` as its path and key. */
function subscripted(fieldPath: string): { readonly path: string; readonly key: string } | undefined {
  const match = /^(.*)\['(.+)'\]$/s.exec(fieldPath);
  return match === null ? undefined : { path: match[1] ?? "", key: match[2] ?? "" };
}

export function validateFieldRef(field: ObjectFieldSelector, supported: readonly string[], at: Path): FieldError[] {
  if (!field.apiVersion) return [required(at.child("apiVersion"))];
  if (field.fieldPath === "") return [required(at.child("fieldPath"))];
  const unknown = unknownField(field.apiVersion, field.fieldPath);
  if (unknown !== undefined) return [invalid(at.child("fieldPath"), field.fieldPath, `error converting fieldPath: ${unknown}`)];
  const part = subscripted(field.fieldPath);
  if (part === undefined) {
    return supported.includes(field.fieldPath) ? [] : [notSupported(at.child("fieldPath"), field.fieldPath, supported)];
  }
  return qualifiedName(part.path === "metadata.annotations" ? part.key.toLowerCase() : part.key, at);
}

function unknownField(apiVersion: string, fieldPath: string): string | undefined {
  if (apiVersion !== "v1") return `unsupported pod version: ${apiVersion}`;
  const part = subscripted(fieldPath);
  if (part === undefined) return knownFields.includes(fieldPath) ? undefined : `field label not supported: ${fieldPath}`;
  const mapped = part.path === "metadata.annotations" || part.path === "metadata.labels";
  return mapped ? undefined : `field label does not support subscript: ${fieldPath}`;
}

/** `named`: the reference must say which container it means. */
export function validateResourceFieldRef(field: ResourceFieldSelector, named: boolean, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (named && !field.containerName) errors.push(required(at.child("containerName")));
  else if (field.resource === "") errors.push(required(at.child("resource")));
  else if (!containerResources.includes(field.resource) && !hugePagesForm.test(field.resource)) {
    errors.push(notSupported(at.child("resource"), field.resource, containerResources));
  }
  return [...errors, ...validateDivisor(field, at.child("divisor"))];
}

const sizeDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

function validateDivisor({ resource, divisor = "0" }: ResourceFieldSelector, at: Path): FieldError[] {
  const amount = amountOf(divisor);
  if (amount.isZero()) return [];
  if (resource.endsWith(".cpu")) {
    const fits = ["1m", "1"].includes(amount.toString());
    return fits ? [] : [invalid(at, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  }
  const name = sizedResource(resource);
  if (name === undefined || sizeDivisors.includes(amount.toString())) return [];
  return [invalid(at, resource, `only divisor's values ${sizeDivisors.join(", ")} are supported with the ${name} resource`)];
}

function sizedResource(resource: string): string | undefined {
  if (hugePagesForm.test(resource)) return "hugepages";
  if (/^(limits|requests)\.memory$/.test(resource)) return "memory";
  return /^(limits|requests)\.ephemeral-storage$/.test(resource) ? "local ephemeral storage" : undefined;
}

export function validateEnvFrom(sources: readonly EnvFromSource[], at: Path): FieldError[] {
  return sources.flatMap(({ prefix = "", configMapRef, secretRef }, i) => {
    const here = at.index(i);
    const errors = prefix === "" ? [] : problemsAt(here.child("prefix"), prefix, envNameProblems(prefix));
    for (const [kind, reference] of Object.entries({ configMapRef, secretRef })) {
      if (reference === undefined) continue;
      const nameAt = here.child(kind, "name");
      if (!reference.name) errors.push(required(nameAt));
      else errors.push(...problemsAt(nameAt, reference.name, dnsSubdomainName(reference.name, true)));
    }
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(invalid(at, "", "may not have more than one field specified at a time"));
    }
    return errors;
  });
}
