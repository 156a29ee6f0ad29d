/** Zero values: what Go prints of fields that nobody set, and what it leaves out. */
import type { Field, FieldType, Struct } from "./structs.ts";

type Json = Record<string, unknown>;

const plainZeros: Readonly<Partial<Record<FieldType["is"], string | number | boolean>>> = {
  string: "",
  bytes: "",
  int: 0,
  float: 0,
  bool: false,
  intOrString: 0,
  quantity: "0",
  duration: "0s",
};

/** Undefined for times and opaque values, whose zero is null. */
export function zeroOf(type: FieldType): unknown {
  if (type.is === "struct") return completed({}, type.struct);
  if (type.is === "list") return [];
  if (type.is === "map") return {};
  return plainZeros[type.is];
}

/** Puts into `out` what Go prints even of an empty struct. */
export function completed(out: Json, struct: Struct): Json {
  for (const field of struct.fields.values()) complete(out, field);
  return out;
}

/** Puts the zero value of `field` into `out` where Go prints it. */
export function complete(out: Json, field: Field): void {
  if (field.pointer) return;
  const always = field.omit === "never" || field.type.is === "quantity" || (field.type.is === "struct" && field.omit === "empty");
  const zero = always ? zeroOf(field.type) : undefined;
  if (zero !== undefined) out[field.json] = zero;
}

/** Whether `omitempty` leaves the value out; it never does with structs, times and quantities. */
export function omitted(value: unknown, field: Field): boolean {
  if (field.omit === "never" || field.pointer) return false;
  switch (field.type.is) {
    case "string":
    case "bytes":
      return value === "";
    case "int":
    case "float":
      return value === 0;
    case "bool":
      return value === false;
    case "list":
      return Array.isArray(value) && value.length === 0;
    case "map":
      return typeof value === "object" && value !== null && Object.keys(value).length === 0;
    default:
      return false;
  }
}
