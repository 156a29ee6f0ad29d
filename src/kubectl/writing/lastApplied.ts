/**
 * The annotation in which `apply` remembers what it applied last.
 * Upstream: kubectl/pkg/util/apply.go
 */
import { createMergePatch } from "../../machinery/patch/merge.ts";
import { goJson } from "../../schema/scalars/goText.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** How an object is written into the annotation: keys sorted, or in the object's own order as typed clients do. */
type Encoding = "sorted" | "typed";

/** What was applied last; undefined where nothing was remembered. */
export function originalConfiguration(object: Unstructured | undefined): string | undefined {
  return object?.metadata?.annotations?.[lastAppliedAnnotation];
}

/** The object as applied; with `annotate` it carries its own text in the annotation. */
export function modifiedConfiguration(object: Unstructured, annotate: boolean, encoding: Encoding = "sorted"): Unstructured {
  const bare = withAnnotation(object, undefined, encoding);
  return annotate ? withAnnotation(object, encode(bare, encoding), encoding) : bare;
}

/** The object with the annotation that remembers it: always, or only where it has one already. */
export function remembered(object: Unstructured, always: boolean, encoding: Encoding = "sorted"): Unstructured {
  if (!always && (originalConfiguration(object) ?? "") === "") return object;
  return withAnnotation(object, encode(modifiedConfiguration(object, false, encoding), encoding), encoding);
}

/** JSON text of an object with its line break, as upstream's serializers write it. */
export function encode(object: Unstructured, encoding: Encoding = "sorted"): string {
  return `${encoding === "sorted" ? goJson(object) : inOwnOrder(object)}\n`;
}

function inOwnOrder(object: Unstructured): string {
  return JSON.stringify(object).replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function withAnnotation(object: Unstructured, text: string | undefined, encoding: Encoding): Unstructured {
  const { [lastAppliedAnnotation]: _former, ...others } = object.metadata?.annotations ?? {};
  const annotations = text === undefined ? others : { ...others, [lastAppliedAnnotation]: text };
  const metadata = { ...object.metadata, annotations } as NonNullable<Unstructured["metadata"]>;
  // Typed objects leave empty maps out; the others print them.
  if (encoding === "typed" && Object.keys(annotations).length === 0) delete metadata.annotations;
  return { ...object, metadata };
}

/** What the annotation is to be, as a merge patch of the object itself. */
export function annotationPatch(object: Unstructured): { readonly patch: Record<string, unknown>; readonly text: string } {
  const text = `${goJson(object)}\n`;
  const annotations = { ...object.metadata?.annotations, [lastAppliedAnnotation]: text };
  const after = { ...object, metadata: { ...object.metadata, annotations } };
  return { patch: createMergePatch(object, after), text };
}
