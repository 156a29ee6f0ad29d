/**
 * A resource or field of it, explained from an OpenAPI v2 document: `--output=plaintext-openapiv2`, and where a server has no v3.
 * Upstream: kubectl/pkg/explain/{model_printer,fields_printer,recursive_fields_printer,formatter,typename,field_lookup}.go
 */
import { assertNever } from "../../base/assert.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import { compareBytes } from "../printers/goValue.ts";
import type { GroupVersionKind } from "./openApiDocument.ts";
import type { Model, Swagger } from "./swagger.ts";
import { foldedLines } from "./foldedLines.ts";

const width = 80;
const fieldIndent = 3;
const descriptionIndent = 5;

export interface ExplainingV2 {
  readonly swagger: Swagger;
  readonly kind: GroupVersionKind;
  readonly recursive: boolean;
}

export function textFromV2({ swagger, kind, recursive }: ExplainingV2, fields: readonly string[]): string {
  const name = fields.at(-1) ?? "";
  const descriptions: string[] = [];
  let model = lookedUp(swagger, swagger.ofKind(kind), fields);
  const type = typeText(swagger, model);
  while (model.type === "array" || model.type === "map" || model.type === "reference") {
    descriptions.push(model.description);
    model = swagger.model(model.inner);
  }
  const described = descriptionText([...descriptions, model.description]);
  const head = `KIND:     ${kind.kind}\nVERSION:  ${kind.group === "" ? "" : `${kind.group}/`}${kind.version}\n\n`;
  if (model.type === "primitive") return `${head}FIELD:    ${name} <${type}>\n\n${described}`;
  if (model.type === "arbitrary") return head + described;
  const title = name === "" ? "" : `RESOURCE: ${name} <${type}>\n\n`;
  const list = recursive ? allFields(swagger, model, fieldIndent, new Set()) : fieldsText(swagger, model);
  return `${head}${title}${described}\nFIELDS:\n${list}`;
}

function lookedUp(swagger: Swagger, from: Model, path: readonly string[]): Model {
  let model = from;
  let rest = path;
  for (let [field] = rest; field !== undefined; [field] = rest) {
    if (model.type === "primitive" || model.type === "arbitrary") return model;
    if (model.type !== "kind") {
      model = swagger.model(model.inner);
      continue;
    }
    const found = model.fields[field];
    if (found === undefined) throw new KubectlError(`field ${goQuote(field)} does not exist`);
    model = swagger.model(found);
    rest = rest.slice(1);
  }
  return model;
}

function typeText(swagger: Swagger, model: Model): string {
  switch (model.type) {
    case "array":
      return `[]${typeText(swagger, swagger.model(model.inner))}`;
    case "map":
      return `map[string]${typeText(swagger, swagger.model(model.inner))}`;
    case "reference":
      return typeText(swagger, swagger.model(model.inner));
    case "kind":
      return "Object";
    case "primitive":
      return model.name;
    case "arbitrary":
      return "";
    default:
      return assertNever(model);
  }
}

/** Each that says something, with an empty line before all but the first of them all. */
function descriptionText(descriptions: readonly string[]): string {
  const texts = descriptions.map((text, at) => (text === "" ? "" : `${at === 0 ? "" : "\n"}${folded(text, descriptionIndent)}`));
  return `DESCRIPTION:\n${texts.join("") || folded("<empty>", descriptionIndent)}`;
}

function fieldsText(swagger: Swagger, kind: Model & { readonly type: "kind" }): string {
  let text = "";
  for (const name of Object.keys(kind.fields).sort(compareBytes)) {
    const field = swagger.model(kind.fields[name]);
    const needed = kind.required.includes(name) ? " -required-" : "";
    text += `${" ".repeat(fieldIndent)}${name}\t<${typeText(swagger, field)}>${needed}\n`;
    text += `${folded(field.description, descriptionIndent)}\n`;
  }
  return text;
}

function allFields(swagger: Swagger, model: Model, indent: number, above: ReadonlySet<string>): string {
  if (model.type === "reference") {
    return above.has(model.name) ? "" : allFields(swagger, swagger.model(model.inner), indent, new Set([...above, model.name]));
  }
  if (model.type === "array" || model.type === "map") return allFields(swagger, swagger.model(model.inner), indent, above);
  if (model.type !== "kind") return "";
  let text = "";
  for (const name of Object.keys(model.fields).sort(compareBytes)) {
    const field = swagger.model(model.fields[name]);
    text += `${" ".repeat(indent)}${name}\t<${typeText(swagger, field)}>\n`;
    text += allFields(swagger, field, indent + fieldIndent, above);
  }
  return text;
}

function folded(text: string, indent: number): string {
  return foldedLines(text, width - indent)
    .map((line) => (line === "" ? "\n" : `${" ".repeat(indent)}${line}\n`))
    .join("");
}
