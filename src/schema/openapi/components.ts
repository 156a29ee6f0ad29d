/**
 * Component schemas of OpenAPI v3 documents, made of the facts: one for each struct and self-marshalling scalar, with required
 * fields, defaults, enums, and the merge rules as `x-kubernetes-` extensions.
 * Upstream: kube-openapi's pkg/generators/openapi.go
 */
import type { Field, FieldType, Struct } from "../structs.ts";

export type Schema = Record<string, unknown>;

/** Texts by short struct name: of the struct, and of its fields. */
export type Descriptions = Readonly<Record<string, readonly [text: string, fields: Readonly<Record<string, string>>]>>;

/** `k8s.io/api/apps/v1.Deployment` -> `io.k8s.api.apps.v1.Deployment` */
export function componentName(goName: string): string {
  const slash = goName.indexOf("/");
  const host = goName.slice(0, slash).split(".").toReversed().join(".");
  return `${host}.${goName.slice(slash + 1).replaceAll("/", ".")}`;
}

export function referenceTo(goName: string): Schema {
  return { $ref: `#/components/schemas/${componentName(goName)}` };
}

const plain: Readonly<Record<"bool" | "float" | "bytes" | "any", Schema>> = {
  bool: { type: "boolean" },
  float: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
  any: {},
};

type ScalarName = "time" | "microTime" | "duration" | "quantity" | "intOrString" | "raw" | "fieldsV1";
const scalars: Readonly<Record<ScalarName, { readonly short: string; readonly goName: string; readonly schema: Schema }>> = {
  time: { short: "meta/v1.Time", goName: "k8s.io/apimachinery/pkg/apis/meta/v1.Time", schema: { type: "string", format: "date-time" } },
  microTime: {
    short: "meta/v1.MicroTime",
    goName: "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime",
    schema: { type: "string", format: "date-time" },
  },
  duration: { short: "meta/v1.Duration", goName: "k8s.io/apimachinery/pkg/apis/meta/v1.Duration", schema: { type: "string" } },
  quantity: {
    short: "resource.Quantity",
    goName: "k8s.io/apimachinery/pkg/api/resource.Quantity",
    schema: { oneOf: [{ type: "string" }, { type: "number" }] },
  },
  intOrString: {
    short: "intstr.IntOrString",
    goName: "k8s.io/apimachinery/pkg/util/intstr.IntOrString",
    schema: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
  raw: { short: "runtime.RawExtension", goName: "k8s.io/apimachinery/pkg/runtime.RawExtension", schema: { type: "object" } },
  fieldsV1: { short: "meta/v1.FieldsV1", goName: "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1", schema: { type: "object" } },
};

/** Collects the components that one document needs, each once. */
export class Components {
  readonly schemas: Record<string, Schema> = {};
  private readonly descriptions: Descriptions;
  constructor(descriptions: Descriptions) {
    this.descriptions = descriptions;
  }

  /** The struct and everything that it leads to. `extensions` go to the struct's own schema. */
  add(struct: Struct, extensions: Schema = {}): void {
    const name = componentName(struct.goName);
    if (this.schemas[name] !== undefined) {
      Object.assign(this.schemas[name], extensions);
      return;
    }
    const schema: Schema = { ...this.described(struct.short), type: "object" };
    this.schemas[name] = schema;
    const fields = [...struct.fields.values()].sort((a, b) => (a.json < b.json ? -1 : 1));
    const required = fields.filter((f) => f.required).map((f) => f.json);
    const texts = this.descriptions[struct.short]?.[1] ?? {};
    const properties = fields.map((field) => [field.json, this.property(field, texts[field.json])] as const);
    if (required.length > 0) schema["required"] = required;
    if (properties.length > 0) schema["properties"] = Object.fromEntries(properties);
    if (struct.atomic) schema["x-kubernetes-map-type"] = "atomic";
    Object.assign(schema, extensions);
  }

  private described(short: string): Schema {
    const text = this.descriptions[short]?.[0] ?? "";
    return text === "" ? {} : { description: text };
  }

  private property(field: Field, text: string | undefined): Schema {
    const extra = { ...(text === undefined ? {} : { description: text }), ...defaultOf(field) };
    return { ...withSiblings(this.schemaOf(field.type, field.enum), extra), ...mergeRules(field) };
  }

  private schemaOf(type: FieldType, values?: readonly string[]): Schema {
    switch (type.is) {
      case "string":
        return { type: "string", ...(values === undefined ? {} : { enum: values }) };
      case "int":
        return { type: "integer", format: `int${type.bits}` };
      case "list":
        return { type: "array", items: this.item(type.item, values) };
      case "map":
        return { type: "object", additionalProperties: this.item(type.value) };
      case "struct":
        this.add(type.struct);
        return referenceTo(type.struct.goName);
      case "bool":
      case "float":
      case "bytes":
      case "any":
        return plain[type.is];
      default:
        return this.scalar(type.is);
    }
  }

  private scalar(name: ScalarName): Schema {
    const { short, goName, schema } = scalars[name];
    this.schemas[componentName(goName)] ??= { ...this.described(short), ...schema };
    return referenceTo(goName);
  }

  private item(type: FieldType, values?: readonly string[]): Schema {
    const zero = type.is === "struct" ? {} : type.is === "string" ? "" : type.is === "int" ? 0 : undefined;
    return withSiblings(this.schemaOf(type, values), zero === undefined ? {} : { default: zero });
  }
}

/** A reference may have no siblings, so that it goes into `allOf` when there are some. */
function withSiblings(schema: Schema, extra: Schema): Schema {
  if (Object.keys(extra).length === 0) return schema;
  return "$ref" in schema ? { allOf: [schema], ...extra } : { ...schema, ...extra };
}

function defaultOf(field: Field): Schema {
  if (field.default !== undefined) return { default: field.default };
  if (field.pointer) return {};
  if (field.type.is === "struct") return { default: {} };
  if (field.omit !== "never") return {};
  if (field.type.is === "string") return { default: "" };
  if (field.type.is === "int") return { default: 0 };
  return field.type.is === "bool" ? { default: false } : {};
}

function mergeRules(field: Field): Schema {
  const rules: Schema = {};
  if (field.type.is === "list") rules["x-kubernetes-list-type"] = field.list;
  if (field.type.is === "list" && field.list === "map") rules["x-kubernetes-list-map-keys"] = field.listKeys;
  if (field.atomicMap) rules["x-kubernetes-map-type"] = "atomic";
  if (field.mergeKey !== undefined) rules["x-kubernetes-patch-merge-key"] = field.mergeKey;
  if (field.strategies.length > 0) rules["x-kubernetes-patch-strategy"] = field.strategies.join(",");
  return rules;
}
