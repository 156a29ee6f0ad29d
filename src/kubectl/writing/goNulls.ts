/** Typed objects as Go marshals them: a time that isn't set prints as null, because it is a struct. Upstream: Go's encoding/json */
import type { FieldType, Struct } from "../../schema/structs.ts";

/** `value` must already have the form of `struct`, as typed() gives it. */
export function withNullTimes(value: Readonly<Record<string, unknown>>, struct: Struct): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of struct.fields.values()) {
    const found = value[field.json];
    const isTime = field.type.is === "time" || field.type.is === "microTime";
    if (found !== undefined) out[field.json] = inner(found, field.type);
    else if (isTime && !field.pointer && field.omit !== "zero") out[field.json] = null;
  }
  // The one time that upstream leaves out when it is zero.
  if (out["creationTimestamp"] === null) delete out["creationTimestamp"];
  return out;
}

function inner(value: unknown, type: FieldType): unknown {
  if (value === null) return null;
  if (type.is === "struct") return withNullTimes(value as Record<string, unknown>, type.struct);
  if (type.is === "list") return (value as unknown[]).map((item) => inner(item, type.item));
  if (type.is !== "map") return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, inner(item, type.value)]));
}
