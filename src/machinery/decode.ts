/**
 * From a request's body to an object of the expected kind, whatever the content type; every mistake is the Status that upstream answers.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update,rest}.go (transformDecodeError)
 */
import { DecodeError } from "../schema/decodeError.ts";
import { decodeProtobuf, isProtobuf } from "../schema/protobuf.ts";
import { goQuote } from "../schema/scalars/goText.ts";
import { decodeParsed, type FieldValidation, parseJson, strictErrorText } from "../schema/strictDecode.ts";
import { structNamed, structOf } from "../schema/structs.ts";
import { parseYaml } from "../schema/yaml.ts";
import { apiVersionOf, type KubeObject } from "./kind.ts";
import { badRequest, unsupportedMediaType } from "./status.ts";

/** What the path of the request says that the body is. Any Kind fits. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Its struct's name in the facts. */
  readonly struct: string;
}

export interface DecodeOptions {
  readonly contentType: string | undefined;
  readonly validation: FieldValidation;
}

export interface DecodedBody {
  /** In canonical form, with apiVersion and kind set. */
  readonly object: KubeObject & Record<string, unknown>;
  /** Texts for `Warning:` headers; only with Warn. */
  readonly warnings: readonly string[];
}

const accepted: readonly string[] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/cbor"];
const text = new TextDecoder();

/** Throws ApiError. */
export function decodeBody(body: Uint8Array, expected: ExpectedKind, options: DecodeOptions): DecodedBody {
  const media = (options.contentType ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  switch (media) {
    case "application/json":
    case "":
      return decodeText(text.decode(body), body, expected, { ...options, yaml: false });
    case "application/yaml":
      return decodeText(text.decode(body), body, expected, { ...options, yaml: true });
    case "application/vnd.kubernetes.protobuf":
      return decodeBinary(body, expected);
    default:
      throw unsupportedMediaType(accepted.slice(0, 3));
  }
}

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

function decodeText(source: string, body: Uint8Array, expected: ExpectedKind, options: DecodeOptions & { yaml: boolean }): DecodedBody {
  const { value, json, duplicates } = parsed(source, body, expected, options.yaml);
  const given = typeMetaOf(value, expected, body);
  const struct = structFor(given, expected);
  const { object, problems } = explained(given, expected, () => decodeParsed(value, json, struct, options.validation));
  const all = options.validation === "Ignore" ? [] : [...duplicates, ...problems];
  if (all.length > 0 && options.validation === "Strict") throw cannotBeHandled(given, expected, strictErrorText(all));
  return { object: stamped(object, expected), warnings: all };
}

function parsed(
  source: string,
  body: Uint8Array,
  expected: ExpectedKind,
  yaml: boolean,
): { value: unknown; json: string; duplicates: readonly string[] } {
  try {
    if (!yaml) return { value: parseJson(source), json: source, duplicates: [] };
    const { value, duplicates } = parseYaml(source);
    return { value, json: JSON.stringify(value), duplicates };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw unrecognized(expected, yaml ? error.message : `couldn't get version/kind; json parse error: ${error.message}`, body);
  }
}

function decodeBinary(body: Uint8Array, expected: ExpectedKind): DecodedBody {
  const unknown: TypeMeta = { apiVersion: "", kind: "" };
  if (!isProtobuf(body)) {
    const why = body.length === 0 ? "empty data" : "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
    throw unrecognized(expected, why, body);
  }
  const envelope = explained(unknown, expected, () => decodeProtobuf(body));
  const given = withDefaults(envelope, expected);
  const struct = structFor(given, expected);
  const object = explained(given, expected, () => envelope.decode(struct));
  return { object: stamped(object, expected), warnings: [] };
}

function explained<T>(given: TypeMeta, expected: ExpectedKind, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(given, expected, error.message);
    throw error;
  }
}

function typeMetaOf(value: unknown, expected: ExpectedKind, body: Uint8Array): TypeMeta {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const what = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    throw unrecognized(
      expected,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type runtime.TypeMeta`,
      body,
    );
  }
  const { apiVersion = "", kind = "" }: { apiVersion?: unknown; kind?: unknown } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    const [field, wrong] = typeof apiVersion === "string" ? ["kind", kind] : ["apiVersion", apiVersion];
    const message = `json: cannot unmarshal ${typeof wrong} into Go struct field .${field} of type string`;
    throw unrecognized(expected, `couldn't get version/kind; json parse error: ${message}`, body);
  }
  return withDefaults({ apiVersion, kind }, expected);
}

function withDefaults(given: TypeMeta, expected: ExpectedKind): TypeMeta {
  return {
    apiVersion: given.apiVersion === "" ? apiVersionOf(expected) : given.apiVersion,
    kind: given.kind === "" ? expected.kind : given.kind,
  };
}

/** The struct to decode into; throws when the body says that it is something else. */
function structFor(given: TypeMeta, expected: ExpectedKind): ReturnType<typeof structOf> {
  const wanted = apiVersionOf(expected);
  if (given.apiVersion === wanted && given.kind === expected.kind) return structOf(expected.struct);
  const slash = given.apiVersion.indexOf("/");
  const family = slash < 0 ? "core" : (given.apiVersion.slice(0, slash).split(".")[0] ?? "");
  const version = given.apiVersion.slice(slash + 1);
  const isKnown = structNamed(`${family}/${version}.${given.kind}`) !== undefined;
  if (isKnown && given.kind === expected.kind) {
    throw badRequest(`the API version in the data (${given.apiVersion}) does not match the expected API version (${wanted})`);
  }
  const internal = expected.group === "" ? "core" : (expected.group.split(".")[0] ?? "");
  const why = isKnown
    ? `converting (${version}.${given.kind}) to (${internal}.${expected.kind}): unknown conversion`
    : `no kind ${goQuote(given.kind)} is registered for version ${goQuote(given.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  throw cannotBeHandled(given, expected, why);
}

function cannotBeHandled(given: TypeMeta, expected: ExpectedKind, why: string): Error {
  const version = given.apiVersion.slice(given.apiVersion.indexOf("/") + 1);
  const kind = given.kind === "" ? expected.kind : given.kind;
  return badRequest(
    `${kind} in version ${goQuote(version === "" ? expected.version : version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

function unrecognized(expected: ExpectedKind, why: string, body: Uint8Array): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summary(body)})`);
}

const summaryBytes = 30;
function summary(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const head = body.subarray(0, summaryBytes);
  const shown = body[0] === 0x7b ? text.decode(head) : [...head].map((b) => b.toString(16).padStart(2, "0")).join("");
  return body.length > summaryBytes ? `${shown} ...` : shown;
}

function stamped(object: Record<string, unknown>, expected: ExpectedKind): KubeObject & Record<string, unknown> {
  const metadata: unknown = object["metadata"];
  const isRecord = typeof metadata === "object" && metadata !== null;
  return {
    ...object,
    kind: expected.kind,
    apiVersion: apiVersionOf(expected),
    metadata: isRecord ? { name: "", ...metadata } : { name: "" },
  };
}
