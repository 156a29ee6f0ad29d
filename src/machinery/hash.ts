/**
 * The pod-template-hash: a short text that depends on the template and on how often that text was already taken.
 * Left out: upstream's exact digits, which hash a dump of Go's memory; nothing depends on them.
 * Upstream: pkg/controller/controller_utils.go (ComputeHash), staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go (SafeEncodeString)
 */
import type { PodTemplateSpec } from "../schema/shapes/core.v1.ts";
import { goJson } from "./goText.ts";

const podTemplateHashLabel = "pod-template-hash";

const safeLetters = "bcdfghjklmnpqrstvwxz2456789";
const utf8 = new TextEncoder();

/** Up to ten letters. The label pod-template-hash of the template itself doesn't count. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const { [podTemplateHashLabel]: _own, ...labels } = template.metadata?.labels ?? {};
  const plain = { ...template, metadata: { ...template.metadata, labels } };
  const collisions = collisionCount === undefined ? "" : `\u0000${collisionCount}`;
  return safeText(String(fnv1a(goJson(plain) + collisions)));
}

/** FNV-1a, 32 bits. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Letters that make no words, one for each of the text's. */
export function safeText(text: string): string {
  return [...utf8.encode(text)].map((byte) => safeLetters.charAt(byte % safeLetters.length)).join("");
}
