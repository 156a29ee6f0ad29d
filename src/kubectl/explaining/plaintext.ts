/**
 * A resource or field of it, explained from an OpenAPI v3 document.
 * Upstream: kubectl/pkg/explain/v2/templates/plaintext.tmpl
 */
import { KubectlError } from "../errors.ts";
import { compareBytes, goSprint } from "../printers/goValue.ts";
import { type GroupVersionKind, type OpenApiDocument, resolved, type Schema, schemaOfKind, valueSchema } from "./openApiDocument.ts";
import { wrapWords } from "./wrapWords.ts";

const width = 76;
/** Of an enumeration in a list of fields. */
const mostValues = 4;

export interface Explaining {
  readonly document: OpenApiDocument;
  readonly recursive: boolean;
}

export function headText({ group, kind, version }: GroupVersionKind): string {
  return `${group === "" ? "" : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`;
}

export function bodyText(explaining: Explaining, kind: GroupVersionKind, fields: readonly string[]): string {
  const schema = schemaOfKind(explaining.document, kind);
  const { group, version } = kind;
  if (schema === undefined) {
    throw new KubectlError(`error: GVK map[group:${group} kind:${kind.kind} version:${version}] not found in OpenAPI schema`);
  }
  const text = textBelow(explaining, schema, fields, new Set());
  if (text === "") throw new KubectlError(`error: field ${JSON.stringify(fields.at(-1) ?? "")} does not exist`);
  return `${text}\n`;
}

/** Empty where there is no such field. */
function textBelow(explaining: Explaining, schema: Schema, fields: readonly string[], seen: ReadonlySet<string>): string {
  const { document } = explaining;
  const own = resolved(document, schema) ?? schema;
  const [field, ...rest] = fields;
  if (field === undefined) return wholeText(explaining, own);
  if (schema.$ref !== undefined && seen.has(schema.$ref)) return "";
  const found = own.properties?.[field];
  if (found !== undefined) {
    const title = rest.length > 0 ? "" : `FIELD: ${field} <${typeText(document, found)}>\n${allValuesText(found)}\n\n`;
    return title + textBelow(explaining, found, rest, new Set());
  }
  const passed = schema.$ref === undefined ? seen : new Set([...seen, schema.$ref]);
  const inner = own.items ?? valueSchema(own);
  if (inner !== undefined) return textBelow(explaining, inner, fields, passed);
  for (const one of own.allOf ?? []) {
    const text = textBelow(explaining, one, fields, passed);
    if (text !== "") return text;
  }
  return "";
}

function wholeText(explaining: Explaining, schema: Schema): string {
  const description = descriptionText(explaining.document, schema) || "<empty>";
  const fields = fieldsText(explaining, schema, 1, new Set());
  return `DESCRIPTION:\n${indented(wrapWords(description, width), 4)}\n${fields === "" ? "" : `FIELDS:\n${fields}`}`;
}

/** The schema's own, and those of what it is made of. */
function descriptionText(document: OpenApiDocument, schema: Schema): string {
  const own = resolved(document, schema) ?? schema;
  const inner = [...(own.allOf ?? []), own.items, valueSchema(own)].filter((one) => one !== undefined);
  const text = own.description ?? "";
  return (text === "" ? "" : `${text}\n`) + inner.map((one) => descriptionText(document, one)).join("");
}

function fieldsText(explaining: Explaining, schema: Schema, level: number, seen: ReadonlySet<string>): string {
  if (schema.$ref !== undefined && seen.has(schema.$ref)) return "";
  const passed = schema.$ref === undefined ? seen : new Set([...seen, schema.$ref]);
  const own = resolved(explaining.document, schema) ?? schema;
  let text = "";
  for (const name of Object.keys(own.properties ?? {}).sort(compareBytes)) {
    text += fieldText(explaining, own, name, level);
    if (explaining.recursive) text += fieldsText(explaining, own.properties?.[name] as Schema, level + 1, passed);
  }
  for (const inner of [...(own.allOf ?? []), own.items, valueSchema(own)]) {
    if (inner !== undefined) text += fieldsText(explaining, inner, level, passed);
  }
  return text;
}

function fieldText({ document, recursive }: Explaining, { properties, required }: Schema, name: string, level: number): string {
  const schema = properties?.[name] as Schema;
  const indent = level * 2;
  const needed = required?.includes(name) === true ? " -required-" : "";
  const line = `${" ".repeat(indent)}${name}\t<${typeText(document, schema)}>${needed}${someValuesText(schema, indent)}\n`;
  if (recursive) return line;
  return `${line}${indented(wrapWords(schema.description || "<no description>", width + 2 - indent), indent + 2)}\n\n`;
}

/** `string`, `Container`, `[]Container`, `map[string]string`. */
function typeText(document: OpenApiDocument, schema: Schema): string {
  const values = valueSchema(schema);
  if (schema.items !== undefined) return `[]${typeText(document, schema.items)}`;
  if (values !== undefined) return `map[string]${typeText(document, values)}`;
  const [only, ...others] = schema.allOf ?? [];
  if (only !== undefined && others.length === 0 && schema.properties === undefined) return typeText(document, only);
  const type = (schema.$ref === undefined ? schema : resolved(document, schema))?.type ?? "object";
  if (type !== "object") return type;
  return schema.$ref === undefined ? "Object" : lastPart(schema.$ref) || "Object";
}

/** `io.k8s.api.core.v1.Pod` as `Pod`. */
function lastPart(reference: string): string {
  return reference.slice(Math.max(reference.lastIndexOf("/"), reference.lastIndexOf(".")) + 1);
}

function valueText(value: unknown): string {
  return value === "" ? '""' : goSprint(value);
}

function allValuesText({ enum: values }: Schema): string {
  return values === undefined || values.length === 0 ? "" : `ENUM:${values.map((value) => `\n    ${valueText(value)}`).join("")}`;
}

function someValuesText({ enum: values }: Schema, indent: number): string {
  if (values === undefined || values.length === 0) return "";
  const more = values.length > mostValues ? ", ...." : "";
  return `\n${" ".repeat(indent)}enum: ${values.slice(0, mostValues).map(valueText).join(", ")}${more}`;
}

function indented(text: string, spaces: number): string {
  const pad = " ".repeat(spaces);
  return pad + text.replaceAll("\n", `\n${pad}`);
}
