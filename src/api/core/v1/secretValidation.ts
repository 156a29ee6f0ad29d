/** Checks of Secrets: what each type must hold. Upstream: pkg/apis/core/validation/validation.go (ValidateSecret) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required, tooLong } from "../../../machinery/fieldErrors.ts";
import { jsonSyntaxError } from "../../../schema/scalars/jsonSyntax.ts";
import type { Secret } from "../../../schema/shapes/core.v1.ts";
import { dnsSubdomainName, immutable } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { decodedLength, textOfBase64 } from "./base64.ts";
import { maxDataBytes, validateFrozen, validateKeys } from "./keyedDataValidation.ts";

const accountNameKey = "kubernetes.io/service-account.name";

export function validateSecret(secret: Secret, at: Path): FieldError[] {
  const dataAt = at.child("data");
  const errors = [
    ...validateObjectMeta(secret.metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateKeys(secret.data, dataAt),
  ];
  const size = Object.values(secret.data ?? {}).reduce((total, bytes) => total + decodedLength(bytes), 0);
  if (size > maxDataBytes) errors.push(tooLong(dataAt, "", maxDataBytes));
  return [...errors, ...validateType(secret, at)];
}

function validateType(secret: Secret, at: Path): FieldError[] {
  const data = secret.data ?? {};
  const dataAt = at.child("data");
  const missing = (...keys: string[]) => keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(dataAt.key(key)));
  switch (secret.type) {
    case "kubernetes.io/service-account-token":
      return secret.metadata.annotations?.[accountNameKey] ? [] : [required(at.child("metadata", "annotations").key(accountNameKey))];
    case "kubernetes.io/dockercfg":
      return validateDockerConfig(data[".dockercfg"], dataAt.key(".dockercfg"));
    case "kubernetes.io/dockerconfigjson":
      return validateDockerConfig(data[".dockerconfigjson"], dataAt.key(".dockerconfigjson"));
    case "kubernetes.io/basic-auth": {
      const both = missing("username", "password");
      return both.length === 2 ? both : [];
    }
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? [] : [required(dataAt.key("ssh-privatekey"))];
    case "kubernetes.io/tls":
      return missing("tls.crt", "tls.key");
    default:
      return [];
  }
}

const hidden = "<secret contents redacted>";

function validateDockerConfig(bytes: string | undefined, at: Path): FieldError[] {
  if (bytes === undefined) return [required(at)];
  const problem = jsonObjectProblem(textOfBase64(bytes) ?? "\u0000");
  return problem === undefined ? [] : [invalid(at, hidden, problem)];
}

/** In the words of Go's JSON decoder. */
function jsonObjectProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && !Array.isArray(value)) return undefined;
    const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  } catch {
    return jsonSyntaxError(text);
  }
}

export function validateSecretUpdate(next: Secret, previous: Secret, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...immutable(next.type ?? "", previous.type ?? "", at.child("type")),
    ...validateFrozen(next, previous, ["data"], at),
    ...validateSecret(next, at),
  ];
}
