/**
 * A document of OpenAPI v2 in the protobuf form that kubectl asks for.
 * Numbers of fields: github.com/google/gnostic-models openapiv2/OpenAPIv2.proto
 */
import { WireWriter } from "../../base/wire/writer.ts";
import type { Schema } from "./components.ts";
import { methods } from "./swagger.ts";

/** The document as a message `openapi.v2.Document`. */
export function swaggerProtobuf(document: Schema): Uint8Array {
  const writer = new WireWriter();
  const { title, version } = document["info"] as { title: string; version: string };
  writer.message(9, () => writeNamed(writer, document["definitions"] as Record<string, Schema>));
  writer.message(8, () => writePaths(writer, document["paths"] as Record<string, Schema>));
  writer.message(2, () => {
    writer.text(2, version);
    writer.text(1, title);
  });
  writer.text(1, "2.0");
  return writer.finish();
}

const methodNumbers = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;

function writePaths(writer: WireWriter, paths: Readonly<Record<string, Schema>>): void {
  for (const [path, item] of Object.entries(paths).toReversed()) {
    writer.message(2, () => {
      writer.message(2, () => {
        writeParameters(writer, 9, item["parameters"]);
        for (const method of methods.toReversed()) {
          const operation = item[method] as Schema | undefined;
          if (operation !== undefined) writer.message(methodNumbers[method], () => writeOperation(writer, operation));
        }
      });
      writer.text(1, path);
    });
  }
}

function writeOperation(writer: WireWriter, operation: Schema): void {
  writeExtensions(writer, 13, operation);
  writeTexts(writer, 10, operation["schemes"]);
  writer.message(9, () => writeResponses(writer, operation["responses"] as Record<string, Schema>));
  writeParameters(writer, 8, operation["parameters"]);
  writeTexts(writer, 7, operation["consumes"]);
  writeTexts(writer, 6, operation["produces"]);
  writer.text(5, operation["operationId"] as string);
  writeTexts(writer, 1, operation["tags"]);
}

function writeResponses(writer: WireWriter, responses: Readonly<Record<string, Schema>>): void {
  for (const [code, { description, schema }] of Object.entries(responses).toReversed()) {
    writer.message(1, () => {
      writer.message(2, () =>
        writer.message(1, () => {
          if (schema !== undefined) writer.message(2, () => writer.message(1, () => writeSchema(writer, schema as Schema)));
          writer.text(1, description as string);
        }),
      );
      writer.text(1, code);
    });
  }
}

interface Parameter {
  readonly name: string;
  readonly in: "body" | "path" | "query";
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  readonly schema?: Schema;
}

function writeParameters(writer: WireWriter, number: number, parameters: unknown): void {
  for (const parameter of ((parameters ?? []) as Parameter[]).toReversed()) {
    writer.message(number, () => writer.message(1, () => writeParameter(writer, parameter)));
  }
}

/** Where the fields stand that differ between a query's and a path's parameter. */
const placed = { query: { message: 3, type: 6, uniqueItems: 20 }, path: { message: 4, type: 5, uniqueItems: 19 } } as const;

function writeParameter(writer: WireWriter, { name, in: place, required = false, type, uniqueItems = false, schema }: Parameter): void {
  if (place === "body") {
    writer.message(1, () => {
      writer.message(5, () => writeSchema(writer, schema ?? {}));
      if (required) writeTrue(writer, 4);
      writer.text(3, place);
      writer.text(2, name);
    });
    return;
  }
  const numbers = placed[place];
  writer.message(2, () =>
    writer.message(numbers.message, () => {
      if (uniqueItems) writeTrue(writer, numbers.uniqueItems);
      if (type !== undefined) writer.text(numbers.type, type);
      writer.text(4, name);
      writer.text(2, place);
      if (required) writeTrue(writer, 1);
    }),
  );
}

function writeTrue(writer: WireWriter, number: number): void {
  writer.varint(1);
  writer.tag(number, 0);
}

function writeTexts(writer: WireWriter, number: number, values: unknown): void {
  for (const value of ((values ?? []) as string[]).toReversed()) writer.text(number, value);
}

function writeExtensions(writer: WireWriter, number: number, object: Schema): void {
  for (const [name, value] of Object.entries(object).toReversed()) {
    if (!name.startsWith("x-")) continue;
    writer.message(number, () => {
      writeAny(writer, 2, value);
      writer.text(1, name);
    });
  }
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
  writeExtensions(writer, 31, schema);
  const { properties, items, type, additionalProperties, required = [], enum: values = [] } = schema;
  if (properties !== undefined) writer.message(25, () => writeNamed(writer, properties as Record<string, Schema>));
  if (items !== undefined) writer.message(23, () => writer.message(1, () => writeSchema(writer, items as Schema)));
  if (type !== undefined) writer.message(22, () => writer.text(1, type as string));
  if (additionalProperties !== undefined)
    writer.message(21, () => writer.message(1, () => writeSchema(writer, additionalProperties as Schema)));
  for (const value of (values as readonly unknown[]).toReversed()) writeAny(writer, 20, value);
  writeTexts(writer, 19, required);
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
