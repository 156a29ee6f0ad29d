/**
 * From a request's body to an object of the expected kind, whatever the content type; every mistake is the Status that upstream answers.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update,rest}.go (transformDecodeError)
 */
import { DecodeError } from "../base/wire/decodeError.ts";
import { decodeProtobuf, isProtobuf } from "../schema/protobuf.ts";
import { goQuote } from "../schema/scalars/goText.ts";
import { decodeParsed, type FieldValidation, parseJson, strictErrorText } from "../schema/strictDecode.ts";
import { structNamed, structOf } from "../schema/structs.ts";
import { parseYaml } from "../schema/yaml.ts";
import { apiVersionOf, type KubeObject } from "./kind.ts";
import { badRequest, unsupportedMediaType } from "./status.ts";

/** What the path of the request says that the body is. Any Kind fits. */
export interface ExpectedKind<T = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Its struct's name in the facts. */
  readonly struct: string;
  /** Never set: carries the object type for inference. */
  readonly shape?: T;
}

export interface DecodeOptions {
  readonly contentType: string | undefined;
  readonly validation: FieldValidation;
}

export interface DecodedBody<T = KubeObject> {
  /** In canonical form, with apiVersion and kind set. */
  readonly object: T;
  /** Texts for `Warning:` headers; only with Warn. */
  readonly warnings: readonly string[];
}

type AnyKind = ExpectedKind<unknown>;
interface Decoded {
  readonly object: Record<string, unknown>;
  readonly warnings: readonly string[];
}

const accepted: readonly string[] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const text = new TextDecoder();

/** Throws ApiError. */
export function decodeBody<T = KubeObject>(body: Uint8Array, expected: ExpectedKind<T>, options: DecodeOptions): DecodedBody<T> {
  const media = (options.contentType ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  const { object, warnings } = decodeAs(media, body, expected, options);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- decoding by the facts of the kind's struct is what makes it a T.
  return { object: object as T, warnings };
}

function decodeAs(media: string, body: Uint8Array, expected: AnyKind, options: DecodeOptions): Decoded {
  switch (media) {
    case "application/json":
    case "":
      return decodeText(body, expected, options.validation, false);
    case "application/yaml":
      return decodeText(body, expected, options.validation, true);
    case "application/vnd.kubernetes.protobuf":
      return decodeBinary(body, expected);
    default:
      throw unsupportedMediaType(accepted);
  }
}

/** The anonymous struct that upstream reads first. */
const typeMetaType = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

function decodeText(body: Uint8Array, expected: AnyKind, validation: FieldValidation, yaml: boolean): Decoded {
  const { value, json, duplicates } = parsed(body, expected, yaml);
  const given = typeMetaOf(value, expected, body);
  const struct = structFor(given, expected);
  const { object, problems } = explained(given, expected, () => decodeParsed(value, json, struct, validation));
  const all = validation === "Ignore" ? [] : [...duplicates, ...problems];
  if (all.length > 0 && validation === "Strict") throw cannotBeHandled(given, expected, strictErrorText(all));
  return { object: stamped(object, expected), warnings: all };
}

interface Parsed {
  readonly value: unknown;
  readonly json: string;
  readonly duplicates: readonly string[];
}

function parsed(body: Uint8Array, expected: AnyKind, yaml: boolean): Parsed {
  const source = text.decode(body);
  try {
    if (!yaml) return { value: parseJson(source), json: source, duplicates: [] };
    const { value, duplicates } = parseYaml(source);
    return { value, json: JSON.stringify(value), duplicates };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw unrecognized(expected, yaml ? error.message : `couldn't get version/kind; json parse error: ${error.message}`, body);
  }
}

function decodeBinary(body: Uint8Array, expected: AnyKind): Decoded {
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

function explained<T>(given: TypeMeta, expected: AnyKind, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(given, expected, error.message);
    throw error;
  }
}

function typeMetaOf(value: unknown, expected: AnyKind, body: Uint8Array): TypeMeta {
  if (value === null) return withDefaults({ apiVersion: "", kind: "" }, expected);
  if (typeof value !== "object" || Array.isArray(value)) {
    const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw unrecognized(
      expected,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type ${typeMetaType}`,
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

function withDefaults(given: TypeMeta, expected: AnyKind): TypeMeta {
  return {
    apiVersion: given.apiVersion === "" ? apiVersionOf(expected) : given.apiVersion,
    kind: given.kind === "" ? expected.kind : given.kind,
  };
}

/** The struct to decode into; throws when the body says that it is something else. */
function structFor(given: TypeMeta, expected: AnyKind): ReturnType<typeof structOf> {
  const wanted = apiVersionOf(expected);
  const isOptions = expected.struct.startsWith("k8s.io/apimachinery/pkg/apis/meta/v1.");
  if (given.kind === expected.kind && (isOptions || given.apiVersion === wanted)) return structOf(expected.struct);
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

function cannotBeHandled(given: TypeMeta, expected: AnyKind, why: string): Error {
  const version = given.apiVersion.slice(given.apiVersion.indexOf("/") + 1);
  const kind = given.kind === "" ? expected.kind : given.kind;
  return badRequest(
    `${kind} in version ${goQuote(version === "" ? expected.version : version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

function unrecognized(expected: AnyKind, why: string, body: Uint8Array): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summary(body)})`);
}

const summaryBytes = 30;
function summary(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const head = body.subarray(0, summaryBytes);
  const shown = body[0] === 0x7b ? text.decode(head) : [...head].map((b) => b.toString(16).padStart(2, "0")).join("");
  return body.length > summaryBytes ? `${shown} ...` : shown;
}

/** With apiVersion and kind, and a name for its metadata, which the shapes promise. */
export function stamped(object: Record<string, unknown>, expected: ExpectedKind<unknown>): Record<string, unknown> {
  const named = { kind: expected.kind, apiVersion: apiVersionOf(expected), ...object };
  const metadata = object["metadata"];
  if (typeof metadata !== "object" || metadata === null) return named;
  return { ...named, metadata: { name: "", ...metadata } };
}
