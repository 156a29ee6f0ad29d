/**
 * OpenAPI v2 out of the components of v3, as JSON and in the protobuf form that kubectl asks for. It holds definitions, which is what clients that
 * validate or merge by themselves read of it (kubectl for a `kind: List`). Left out: paths.
 * Upstream: kube-openapi's pkg/handler/handler.go; numbers of fields: github.com/google/gnostic-models openapiv2/OpenAPIv2.proto
 */
import { WireWriter } from "../../base/wire/writer.ts";
import type { Schema } from "./components.ts";

/** A document of OpenAPI v2 with everything of `schemas`. */
export function swaggerDocument(schemas: Readonly<Record<string, Schema>>, version: string): Schema {
  return { swagger: "2.0", info: { title: "Kubernetes", version }, paths: {}, definitions: mapped(schemas, asVersion2) };
}

function asVersion2(schema: Schema): Schema {
  const { allOf, oneOf, $ref, properties, items, additionalProperties, ...rest } = schema;
  // Version 2 lets a reference have siblings, and knows no alternatives: text stands for them.
  const [target] = (allOf as readonly Schema[] | undefined) ?? [];
  const reference = ($ref ?? target?.["$ref"]) as string | undefined;
  const out: Schema = oneOf === undefined ? rest : { type: "string", ...rest };
  if (reference !== undefined) out["$ref"] = reference.replace("#/components/schemas/", "#/definitions/");
  if (properties !== undefined) out["properties"] = mapped(properties as Record<string, Schema>, asVersion2);
  if (items !== undefined) out["items"] = asVersion2(items as Schema);
  if (additionalProperties !== undefined) out["additionalProperties"] = asVersion2(additionalProperties as Schema);
  return out;
}

function mapped(schemas: Readonly<Record<string, Schema>>, change: (schema: Schema) => Schema): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));
}

/** The same document as a message `openapi.v2.Document`. */
export function swaggerProtobuf(document: Schema): Uint8Array {
  const writer = new WireWriter();
  const { title, version } = document["info"] as { title: string; version: string };
  writer.message(9, () => writeNamed(writer, document["definitions"] as Record<string, Schema>));
  writer.message(8, () => undefined);
  writer.message(2, () => {
    writer.text(2, version);
    writer.text(1, title);
  });
  writer.text(1, "2.0");
  return writer.finish();
}

/** Messages are written from their end, so everything goes backwards. */
function writeNamed(writer: WireWriter, schemas: Readonly<Record<string, Schema>>): void {
  for (const [name, schema] of Object.entries(schemas).toReversed()) {
    writer.message(1, () => {
      writer.message(2, () => writeSchema(writer, schema));
      writer.text(1, name);
    });
  }
}

function writeSchema(writer: WireWriter, schema: Schema): void {
  for (const [name, value] of Object.entries(schema).toReversed()) {
    if (!name.startsWith("x-")) continue;
    writer.message(31, () => {
      writeAny(writer, 2, value);
      writer.text(1, name);
    });
  }
  const { properties, items, type, additionalProperties, required = [], enum: values = [] } = schema;
  if (properties !== undefined) writer.message(25, () => writeNamed(writer, properties as Record<string, Schema>));
  if (items !== undefined) writer.message(23, () => writer.message(1, () => writeSchema(writer, items as Schema)));
  if (type !== undefined) writer.message(22, () => writer.text(1, type as string));
  if (additionalProperties !== undefined)
    writer.message(21, () => writer.message(1, () => writeSchema(writer, additionalProperties as Schema)));
  for (const value of (values as readonly unknown[]).toReversed()) writeAny(writer, 20, value);
  for (const name of (required as readonly string[]).toReversed()) writer.text(19, name);
  if (schema["default"] !== undefined) writeAny(writer, 5, schema["default"]);
  for (const [number, name] of texts) if (schema[name] !== undefined) writer.text(number, schema[name] as string);
}

const texts = [
  [4, "description"],
  [2, "format"],
  [1, "$ref"],
] as const;

/** Any value goes as YAML, of which JSON is a part. */
function writeAny(writer: WireWriter, number: number, value: unknown): void {
  writer.message(number, () => writer.text(2, JSON.stringify(value)));
}
