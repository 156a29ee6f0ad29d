/**
 * Moving from client-side to server-side apply: the annotation that `kubectl apply` keeps its last configuration in.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{lastappliedmanager,lastappliedupdater}.go
 */
import type { Struct } from "../../schema/structs.ts";
import { goJson } from "../../schema/scalars/goText.ts";
import { goMapText } from "../patch/goMapText.ts";
import { isObject, type JsonObject } from "../patch/jsonValue.ts";
import { ApiError } from "../status.ts";
import { normalisedConfig } from "./configuration.ts";
import type { FieldSet } from "./fieldSet.ts";
import type { Place } from "./mergeSchema.ts";
import { compareValues, fieldSetOf } from "./valueWalks.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";
/** Upstream's limit on all annotations of an object. */
const maxAnnotationBytes = 256 * 1024;

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = object["metadata"];
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  return isObject(annotations) ? annotations : undefined;
}

export interface LiveObject {
  readonly live: unknown;
  readonly place: Place;
  readonly struct: Struct;
  readonly apiVersion: string;
}

/** The fields that client-side apply set and nobody changed since; undefined when there is no (readable) annotation. */
export function allowedByLastApplied({ live, place, struct, apiVersion }: LiveObject): FieldSet | undefined {
  const text = isObject(live) ? annotationsOf(live)?.[annotation] : undefined;
  if (typeof text !== "string" || text === "" || !isObject(live)) return undefined;
  const last = readConfig(text, struct, apiVersion);
  if (last === undefined) return undefined;
  const { added, modified, removed } = compareValues(last, live, place);
  return fieldSetOf(last, place).difference(modified).difference(added).difference(removed);
}

function readConfig(text: string, struct: Struct, apiVersion: string): JsonObject | undefined {
  try {
    const config: unknown = JSON.parse(text);
    const kind = isObject(config) && typeof config["kind"] === "string" ? config["kind"] : "";
    return normalisedConfig({ config, struct, apiVersion, kind: { kind, namespace: "", name: "" } });
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Keeps an annotation that is already there up to date with what `kubectl apply --server-side` applies. */
export function withLastApplied(object: JsonObject, config: unknown): JsonObject {
  const annotations = annotationsOf(object);
  const former = annotations?.[annotation];
  if (annotations === undefined || typeof former !== "string" || former === "" || !isObject(config)) return object;
  const { [annotation]: _, ...others } = annotations;
  const text = `${goJson(withoutAnnotation(config))}\n`;
  const size = Object.entries({ ...others, [annotation]: text }).reduce(
    (sum, [key, value]) => sum + key.length + goMapText(value).length,
    0,
  );
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  return { ...object, metadata: { ...metadata, annotations: size > maxAnnotationBytes ? others : { ...others, [annotation]: text } } };
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const annotations = annotationsOf(config);
  if (annotations === undefined || !isObject(config["metadata"])) return config;
  const { [annotation]: _, ...others } = annotations;
  return { ...config, metadata: { ...config["metadata"], annotations: others } };
}
