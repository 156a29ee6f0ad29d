/**
 * Checks an applied configuration against the facts, and puts its scalars into canonical form, so that `cpu: 0.5` is no change over `500m`.
 * It is never filled up or emptied: what it has and hasn't is what its applier wants.
 * Upstream: sigs.k8s.io/structured-merge-diff/typed/validate.go, .../managedfields/internal/structuredmerge.go
 */
import { DecodeError } from "../../base/wire/decodeError.ts";
import { type ScalarName, scalarOf } from "../../schema/scalars/decodeScalar.ts";
import type { FieldType, Struct } from "../../schema/structs.ts";
import { goMapText } from "../patch/goMapText.ts";
import { isObject, type JsonObject, setKey } from "../patch/jsonValue.ts";
import { badRequest } from "../status.ts";
import { type Place, structPlace } from "./mergeSchema.ts";
import { elementText, fieldElement, type PathElement } from "./pathElement.ts";

export interface Configuration {
  readonly config: unknown;
  readonly struct: Struct;
  readonly apiVersion: string;
  readonly kind: { readonly kind: string; readonly namespace: string; readonly name: string };
}

/** Throws ApiError (400) with all the problems. */
export function normalisedConfig({ config, struct, apiVersion, kind }: Configuration): JsonObject {
  if (!isObject(config)) throw badRequest("error decoding YAML: the applied configuration must be an object");
  const given = config["apiVersion"];
  if (given !== apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${goMapText(given ?? "")}, expected: ${apiVersion}`,
    );
  }
  if (config["kind"] !== kind.kind) throw badRequest(`invalid object type: ${versionKind(apiVersion, goMapText(config["kind"] ?? ""))}`);
  const { metadata } = config;
  if (isObject(metadata) && metadata["managedFields"] !== undefined && metadata["managedFields"] !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const check = new Check();
  const value = check.struct(config, struct, []);
  if (check.problems.length === 0 && isObject(value)) return value;
  const texts = check.problems.length === 1 ? check.problems[0] : ["errors:", ...check.problems.map((p) => `  ${p}`)].join("\n");
  const who = `${kind.namespace}/${kind.name}; ${versionKind(apiVersion, kind.kind)}`;
  throw badRequest(`failed to create typed patch object (${who}): ${texts}`);
}

/** As Go prints a group, version and kind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
function versionKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

type Path = readonly PathElement[];

class Check {
  readonly problems: string[] = [];

  private wrong(path: Path, message: string): undefined {
    this.problems.push(path.length === 0 ? message : `${path.map(elementText).join("")}: ${message}`);
    return undefined;
  }

  struct(value: unknown, struct: Struct, path: Path): unknown {
    if (value === null) return null;
    if (!isObject(value)) return this.wrong(path, `expected map, got &{${goMapText(value)}}`);
    const out: JsonObject = {};
    for (const [key, inner] of Object.entries(value)) {
      const here = [...path, fieldElement(key)];
      const field = struct.fields.get(key);
      if (field === undefined) {
        this.wrong(here, "field not declared in schema");
        continue;
      }
      const place = structPlace(struct);
      setKey(out, key, this.value(inner, field.type, place.is === "map" ? place.field(key) : undefined, here));
    }
    return out;
  }

  private value(value: unknown, type: FieldType, place: Place | undefined, path: Path): unknown {
    if (value === null) return null;
    switch (type.is) {
      case "struct":
        return this.struct(value, type.struct, path);
      case "list":
        return this.list(value, type, place, path);
      case "map":
        return this.map(value, type, path);
      case "string":
        return typeof value === "string"
          ? value
          : this.wrong(path, `expected string, got &value.valueUnstructured{Value:${goMapText(value)}}`);
      case "bool":
        return typeof value === "boolean" ? value : this.wrong(path, `expected boolean, got &{${goMapText(value)}}`);
      case "int":
      case "float":
        return typeof value === "number" ? value : this.wrong(path, `expected numeric (int or float), got ${goTypeOf(value)}`);
      case "any":
      case "raw":
      case "fieldsV1":
        return value;
      default:
        return this.scalar(value, type.is, path);
    }
  }

  private scalar(value: unknown, is: ScalarName, path: Path): unknown {
    try {
      return scalarOf(value, is);
    } catch (error) {
      if (error instanceof DecodeError) return this.wrong(path, error.message);
      throw error;
    }
  }

  private map(value: unknown, type: FieldType & { is: "map" }, path: Path): unknown {
    if (!isObject(value)) return this.wrong(path, `expected map, got &{${goMapText(value)}}`);
    const out: JsonObject = {};
    for (const [key, inner] of Object.entries(value)) {
      setKey(out, key, this.value(inner, type.value, undefined, [...path, fieldElement(key)]));
    }
    return out;
  }

  private list(value: unknown, type: FieldType & { is: "list" }, place: Place | undefined, path: Path): unknown {
    if (!Array.isArray(value)) return this.wrong(path, `expected list, got &{${goMapText(value)}}`);
    const granular = place?.is === "list" && !place.atomic ? place : undefined;
    const seen = new Set<PathElement>();
    return value.map((item, i) => {
      const element = granular === undefined ? `i:${i}` : granular.element(item);
      if (element === undefined) return this.wrong(path, `element ${i}: ${keyProblem(item)}`);
      if (seen.has(element)) this.wrong(path, `duplicate entries for key ${elementText(element)}`);
      seen.add(element);
      return this.value(item, type.item, granular?.item, [...path, element]);
    });
  }
}

function keyProblem(item: unknown): string {
  if (item === null) return "associative list with keys may not have a null element";
  if (!isObject(item)) return "associative list with keys may not have non-map elements";
  return "associative list with keys has an element that omits all key fields (and doesn't have default values for any key fields)";
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value;
}
