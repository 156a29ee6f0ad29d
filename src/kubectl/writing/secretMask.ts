/** Secrets as `diff` shows them: that a value differs, not what it is. Upstream: kubectl/pkg/cmd/diff/diff.go (Masker) */
import type { Unstructured } from "../resources/unstructured.ts";

const same = "***";
const before = "*** (before)";
const after = "*** (after)";

/** Both sides with their data masked; undefined for one that isn't there. */
export function maskedPair(
  from: Unstructured | undefined,
  to: Unstructured,
): { readonly from: Unstructured | undefined; readonly to: Unstructured } {
  const [left, right] = [dataOf(from), dataOf(to)];
  const differs = (key: string): boolean => Object.hasOwn(left, key) && Object.hasOwn(right, key) && left[key] !== right[key];
  const mask = (data: Readonly<Record<string, unknown>>, changed: string): Record<string, string> =>
    Object.fromEntries(Object.keys(data).map((key) => [key, differs(key) ? changed : same]));
  return { from: from === undefined ? undefined : withData(from, mask(left, before)), to: withData(to, mask(right, after)) };
}

export function isSecret({ apiVersion = "", kind }: Unstructured): boolean {
  return apiVersion.split("/").at(-1) === "v1" && kind === "Secret";
}

function dataOf(object: Unstructured | undefined): Readonly<Record<string, unknown>> {
  return (object?.["data"] ?? {}) as Readonly<Record<string, unknown>>;
}

function withData(object: Unstructured, data: Record<string, string>): Unstructured {
  return object["data"] === undefined ? object : { ...object, data };
}
