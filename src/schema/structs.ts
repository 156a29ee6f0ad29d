/**
 * The facts of the API's types at run time: fields with their JSON names, types, protobuf numbers, patch and merge rules.
 * Parsed lazily, struct by struct, out of facts/kubernetes-1.36.json, whose lines read:
 *   `[!atomic] name[?|??]:type:number[:option]...` per field, with `?` for omitempty and `??` for omitzero, an empty name for an
 *   inlined struct, Go types with short package names (none: the struct's own package), and the options s= patch strategy,
 *   k= patch merge key, l= list-map keys, set, atomic (map), d= default, e= enum, required and optional (where `?` says otherwise).
 * Left out: descriptions (openapi.ts gets them injected).
 */
import { assert } from "../base/assert.ts";
import json from "./facts/kubernetes-1.36.json" with { type: "json" };

interface FactsFile {
  readonly packages: Readonly<Record<string, string>>;
  readonly named: Readonly<Record<string, string>>;
  readonly structs: Readonly<Record<string, string>>;
}
const file: FactsFile = json;

/** What a field holds. `go` is the type as Go prints it in messages: `int32`, `v1.PodSpec`, `[]v1.Container`. */
export type FieldType =
  | { readonly is: "string" | "bool" | "float" | "bytes"; readonly go: string }
  | { readonly is: "any"; readonly go: string }
  | { readonly is: "int"; readonly bits: 32 | 64; readonly go: string }
  | { readonly is: "time" | "microTime" | "duration" | "quantity" | "intOrString" | "raw" | "fieldsV1"; readonly go: string }
  /** `message`: a named list, which protobuf wraps in a message of its own. */
  | { readonly is: "list"; readonly item: FieldType; readonly message: boolean; readonly go: string }
  | { readonly is: "map"; readonly value: FieldType; readonly go: string }
  | { readonly is: "struct"; readonly struct: Struct; readonly go: string };

type PatchStrategy = "merge" | "replace" | "retainKeys";

export interface Field {
  /** Empty for an inlined struct. */
  readonly json: string;
  readonly type: FieldType;
  readonly pointer: boolean;
  readonly omit: "never" | "empty" | "zero";
  /** Protobuf field number; 0 for none. */
  readonly number: number;
  readonly strategies: readonly PatchStrategy[];
  readonly mergeKey: string | undefined;
  /** How server-side apply merges a list. */
  readonly list: "atomic" | "set" | "map";
  /** Keys of a list of list type map. */
  readonly listKeys: readonly string[];
  readonly atomicMap: boolean;
  /** A default that isn't zero. */
  readonly default: unknown;
  readonly enum: readonly string[] | undefined;
  readonly required: boolean;
}

const nothing: readonly never[] = [];

export class Struct {
  /** `apps/v1.Deployment` */
  readonly short: string;
  private readonly line: string;
  private parsed: readonly Field[] | undefined;
  private flat: ReadonlyMap<string, Field> | undefined;
  /** `Deployment` */
  readonly name: string;
  constructor(short: string, line: string) {
    this.short = short;
    this.name = short.slice(short.lastIndexOf(".") + 1);
    this.line = line;
  }
  /** `k8s.io/api/apps/v1.Deployment` */
  get goName(): string {
    const pkg = packageOf(this.short);
    return `${file.packages[pkg] ?? pkg}.${this.name}`;
  }
  /** Server-side apply takes the whole of it as one value. */
  get atomic(): boolean {
    return this.line.startsWith("!atomic");
  }
  /** As declared, inlined structs included, in Go's order. */
  get declared(): readonly Field[] {
    this.parsed ??= this.line
      .split(" ")
      .filter((text) => text !== "" && text !== "!atomic")
      .map((text) => fieldOf(text, packageOf(this.short)));
    return this.parsed;
  }
  /** By JSON name, with the fields of inlined structs in their place. */
  get fields(): ReadonlyMap<string, Field> {
    this.flat ??= new Map(flattened(this).map((field) => [field.json, field]));
    return this.flat;
  }
}

function flattened(struct: Struct): Field[] {
  return struct.declared.flatMap((field) => {
    if (field.json !== "") return [field];
    return field.type.is === "struct" ? flattened(field.type.struct) : [];
  });
}

const packageOf = (short: string): string => short.slice(0, short.lastIndexOf("."));

function fieldOf(text: string, pkg: string): Field {
  const [name = "", type = "", number = "", ...options] = text.split(":");
  const option = (key: string): string | undefined => options.find((o) => o.startsWith(key))?.slice(key.length);
  const omit = name.endsWith("??") ? "zero" : name.endsWith("?") ? "empty" : "never";
  const keys = option("l=")?.split("+");
  const fallback = option("d=");
  return {
    json: name.replace(/\?+$/, ""),
    type: typeOf(type.replace(/^\*/, ""), pkg),
    pointer: type.startsWith("*"),
    omit,
    number: Number(number),
    strategies: strategiesOf(option("s=")),
    mergeKey: option("k="),
    list: keys !== undefined ? "map" : options.includes("set") ? "set" : "atomic",
    listKeys: keys ?? nothing,
    atomicMap: options.includes("atomic"),
    default: fallback === undefined ? undefined : JSON.parse(decodeURIComponent(fallback)),
    enum: option("e=")?.split("|").map(decodeURIComponent),
    required: options.includes("required") || (omit === "never" && !options.includes("optional")),
  };
}

const allStrategies: readonly PatchStrategy[] = ["merge", "replace", "retainKeys"];

function strategiesOf(text: string | undefined): readonly PatchStrategy[] {
  if (text === undefined) return nothing;
  const names = text.split(",");
  return allStrategies.filter((name) => names.includes(name));
}

const scalars: Readonly<Record<string, FieldType>> = {
  string: { is: "string", go: "string" },
  bool: { is: "bool", go: "bool" },
  int: { is: "int", bits: 64, go: "int" },
  int32: { is: "int", bits: 32, go: "int32" },
  int64: { is: "int", bits: 64, go: "int64" },
  float64: { is: "float", go: "float64" },
  "[]uint8": { is: "bytes", go: "[]uint8" },
  interface: { is: "any", go: "interface {}" },
  "meta/v1.Time": { is: "time", go: "v1.Time" },
  "meta/v1.MicroTime": { is: "microTime", go: "v1.MicroTime" },
  "meta/v1.Duration": { is: "duration", go: "v1.Duration" },
  "meta/v1.FieldsV1": { is: "fieldsV1", go: "v1.FieldsV1" },
  "resource.Quantity": { is: "quantity", go: "resource.Quantity" },
  "intstr.IntOrString": { is: "intOrString", go: "intstr.IntOrString" },
  "runtime.RawExtension": { is: "raw", go: "runtime.RawExtension" },
  "types.UID": { is: "string", go: "types.UID" },
};
const types = new Map<string, FieldType>(Object.entries(scalars));

/** `text` as in the facts, `pkg` where names without a package belong. */
function typeOf(text: string, pkg: string): FieldType {
  if (text.startsWith("*")) return typeOf(text.slice(1), pkg);
  const full = /^[A-Z]/.test(text) ? `${pkg}.${text}` : text;
  const key = full.startsWith("[") || full.startsWith("map[") ? `${pkg} ${full}` : full;
  const known = types.get(full) ?? types.get(key);
  if (known !== undefined) return known;
  const made = makeType(full, pkg);
  types.set(key, made);
  return made;
}

function makeType(text: string, pkg: string): FieldType {
  if (text.startsWith("[]")) {
    const item = typeOf(text.slice(2), pkg);
    return { is: "list", item, message: false, go: `[]${item.go}` };
  }
  if (text.startsWith("map[")) {
    const value = typeOf(text.slice(text.indexOf("]") + 1), pkg);
    return { is: "map", value, go: `map[${typeOf(text.slice(4, text.indexOf("]")), pkg).go}]${value.go}` };
  }
  const go = text.slice(text.lastIndexOf("/") + 1);
  const struct = structNamed(text);
  if (struct !== undefined) return { is: "struct", struct, go };
  const underlying = file.named[text];
  assert(underlying !== undefined, `no facts of the type ${text}`);
  const base = typeOf(underlying, packageOf(text));
  return base.is === "list" ? { ...base, message: true, go } : { ...base, go };
}

const known = new Map<string, Struct>();
const shortPackages = new Map(Object.entries(file.packages).map(([short, long]) => [long, short]));

/** The facts of a struct, by its Go name (`k8s.io/api/apps/v1.Deployment`) or the short one (`apps/v1.Deployment`). */
export function structNamed(name: string): Struct | undefined {
  const found = known.get(name);
  if (found !== undefined) return found;
  const pkg = packageOf(name);
  const short = `${shortPackages.get(pkg) ?? pkg}${name.slice(pkg.length)}`;
  const line = Object.hasOwn(file.structs, short) ? file.structs[short] : undefined;
  if (line === undefined) return undefined;
  const struct = known.get(short) ?? new Struct(short, line);
  known.set(name, struct).set(short, struct);
  return struct;
}

/** As structNamed, for names that must be there (Kind.struct). */
export function structOf(name: string): Struct {
  const struct = structNamed(name);
  assert(struct !== undefined, `no facts of the struct ${name}`);
  return struct;
}

/** Short names of all structs, for generators and checks. */
export function structNames(): readonly string[] {
  return Object.keys(file.structs);
}
