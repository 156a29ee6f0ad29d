/** A body that can't be an object of its kind; the message is upstream's. The API answers with 400 and the kind in front. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** Levels of nesting that a body may have. */
export const maxDepth = 1000;

/** Throws when `value` (as JSON.parse gave it) nests deeper than `maxDepth`; without recursion, so that it can't overflow itself. */
export function refuseDepth(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw new DecodeError("exceeded max depth");
    level = level.flatMap((v): unknown[] => (typeof v === "object" && v !== null ? Object.values(v) : []));
  }
}
