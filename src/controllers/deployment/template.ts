/**
 * Pod templates as identities: when two mean the same, and the hash that names a ReplicaSet after its template. The hash's value is our own (upstream's
 * depends on how Go prints a struct); clients only ever compare it. Upstream: pkg/controller/deployment/util (EqualIgnoreHash), pkg/controller (ComputeHash)
 */
import { parseQuantity } from "../../machinery/quantity.ts";
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";

export const templateHashLabel = "pod-template-hash";

/** Maps that mean the same whether empty or absent. */
const emptyMapsMeanAbsent: ReadonlySet<string> = new Set(["labels", "annotations", "nodeSelector", "matchLabels", "limits", "requests"]);
const quantityMaps: ReadonlySet<string> = new Set(["limits", "requests"]);
/** Upstream's letters for safe names: no vowels, no easily confused digits. */
const safeLetters = "bcdfghjklmnpqrstvwxz2456789";

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return a === undefined || b === undefined ? a === b : templateText(a) === templateText(b);
}

/** What a template says, in one spelling, without the hash label itself. */
function templateText(template: PodTemplateSpec): string {
  const { [templateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return JSON.stringify(canonical({ ...template, metadata: { ...template.metadata, labels } }, ""));
}

function canonical(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, ""));
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, quantityMaps.has(field) ? quantityText(inner) : canonical(inner, key)] as const)
    .filter(([key, inner]) => inner !== undefined && !isAbsent(key, inner))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

function isAbsent(key: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return emptyMapsMeanAbsent.has(key) && typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function quantityText(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return String(parseQuantity(value).nanos);
  } catch {
    return value;
  }
}

/** Names the template; `collisionCount` tells apart different ones that hash alike. */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const suffix = collisionCount === undefined ? "" : `#${collisionCount}`;
  const hash = fnv1a(new TextEncoder().encode(`${templateText(template)}${suffix}`));
  return String(hash).replaceAll(/\d/g, (digit) => safeLetters[digit.charCodeAt(0) % safeLetters.length] ?? "");
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
