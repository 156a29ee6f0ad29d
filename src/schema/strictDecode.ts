/**
 * From the text of a request to an object of a known kind: parsed, put into canonical form (conform.ts), with unknown and
 * duplicate fields reported by path. The layer above turns DecodeError into a 400 (machinery/decode.ts).
 * Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go, sigs.k8s.io/json
 */
import { conform } from "./conform.ts";
import { DecodeError } from "../base/wire/decodeError.ts";
import { jsonSyntaxError } from "./scalars/jsonSyntax.ts";
import { countKeys, strictProblems } from "./strictProblems.ts";
import type { Struct } from "./structs.ts";

/** What a request's `fieldValidation` asks for. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface Decoded {
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.foo"`, `duplicate field "spec.bar"`; empty with Ignore. */
  readonly problems: readonly string[];
}

/** Throws DecodeError when the text is no JSON or a value has the wrong type; never for strict problems. */
export function decodeJson(text: string, struct: Struct, validation: FieldValidation): Decoded {
  return decodeParsed(parseJson(text), text, struct, validation);
}

/** As decodeJson, for a text that was parsed before (to learn its kind). */
export function decodeParsed(value: unknown, text: string, struct: Struct, validation: FieldValidation): Decoded {
  const { object, hasUnknown, keys } = conform(value, struct);
  if (validation === "Ignore") return { object, problems: [] };
  const suspicious = hasUnknown || countKeys(text) > keys;
  return { object, problems: suspicious ? strictProblems(text, struct) : [] };
}

/** As decodeJson, for a value made in process, e.g. by a patch. */
export function decodeValue(value: unknown, struct: Struct, validation: FieldValidation): Decoded {
  const { object, hasUnknown } = conform(value, struct);
  if (!hasUnknown || validation === "Ignore") return { object, problems: [] };
  return { object, problems: strictProblems(JSON.stringify(value), struct) };
}

/** JSON.parse with Go's words for what is wrong. Throws DecodeError. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DecodeError(jsonSyntaxError(text));
  }
}

/** How upstream lists strict problems in an error: `strict decoding error: unknown field "a", duplicate field "b"`. */
export function strictErrorText(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(", ")}`;
}
