/**
 * The body of a server-side apply (`application/apply-patch+yaml`), merged and decoded.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher)
 */
import { DecodeError, refuseDepth } from "../../base/wire/decodeError.ts";
import { decodeValue, type FieldValidation } from "../../schema/strictDecode.ts";
import { structOf } from "../../schema/structs.ts";
import { parseYaml, type ParsedYaml } from "../../schema/yaml.ts";
import { type DecodedBody, type ExpectedKind, stamped } from "../decode.ts";
import { apiVersionOf, type KubeObject } from "../kind.ts";
import { badRequest } from "../status.ts";
import { applyConfiguration, type ManagedObject } from "./fieldManager.ts";

export interface ApplyBody<T> {
  /** Undefined when there is no such object yet: the apply creates it. */
  readonly current: (T & ManagedObject) | undefined;
  readonly body: Uint8Array;
  readonly namespace: string;
  readonly name: string;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource: string;
  /** The time of the write, as the API writes it. */
  readonly now: string;
  readonly validation: FieldValidation;
}

const utf8 = new TextDecoder();

/** The merged object with its managedFields in canonical form, not yet defaulted or validated. Throws ApiError. */
export function applyObject<T extends object = KubeObject>(kind: ExpectedKind<T>, request: ApplyBody<T>): DecodedBody<T> {
  const { value, duplicates } = parsed(request.body);
  if (duplicates.length > 0 && request.validation === "Strict") {
    throw badRequest(`error strict decoding YAML: yaml: unmarshal errors:\n${duplicates.map((text) => `  ${text}`).join("\n")}`);
  }
  const struct = structOf(kind.struct);
  const merged = applyConfiguration(request.current, {
    ...request,
    config: value,
    struct,
    apiVersion: apiVersionOf(kind),
    kind: { kind: kind.kind, namespace: request.namespace, name: request.name },
  });
  const { object } = decodeValue(merged, struct, "Ignore");
  const warnings = request.validation === "Warn" ? duplicates : [];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- decoding by the facts of the kind's struct is what makes it a T.
  return { object: stamped(object, kind) as T, warnings };
}

function parsed(body: Uint8Array): ParsedYaml {
  try {
    const result = parseYaml(utf8.decode(body));
    refuseDepth(result.value);
    return result;
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}
