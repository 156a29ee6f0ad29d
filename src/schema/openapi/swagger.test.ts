import { expect, test } from "vitest";
import { swaggerDocument } from "./swagger.ts";
import { swaggerProtobuf } from "./swaggerProtobuf.ts";

const thing = {
  description: "A thing.",
  type: "object",
  required: ["port", "name"],
  properties: {
    port: { description: "Where.", allOf: [{ $ref: "#/components/schemas/Port" }], default: {} },
    names: { type: "array", items: { type: "string", enum: ["a", "b"] } },
    more: { type: "object", additionalProperties: { $ref: "#/components/schemas/Port" } },
  },
  "x-kubernetes-group-version-kind": [{ group: "", kind: "Thing", version: "v1" }],
};
const port = { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] };
const gvk = { group: "", kind: "Thing", version: "v1" };
const path = {
  parameters: [{ name: "name", in: "path", required: true, schema: { type: "string", uniqueItems: true } }],
  get: { operationId: "readThing", tags: ["t"], responses: { 200: replyOf("Thing"), 401: { description: "No" } } },
  patch: {
    operationId: "patchThing",
    tags: ["t"],
    parameters: [{ name: "dryRun", in: "query", schema: { type: "string", uniqueItems: true } }],
    requestBody: { content: { "application/merge-patch+json": reference("Thing"), "text/x": reference("Thing") }, required: true },
    responses: { 200: replyOf("Thing"), 201: replyOf("Thing") },
    "x-kubernetes-group-version-kind": gvk,
  },
};
const document = swaggerDocument({ schemas: { Port: port, Thing: thing }, paths: { "/things/{name}": path } }, "v9");

function reference(name: string): object {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}
function replyOf(name: string): object {
  return { description: "OK", content: { "application/json": reference(name), "application/yaml": reference(name) } };
}

test("references may have siblings, and alternatives are texts", () => {
  expect(document).toEqual({
    swagger: "2.0",
    info: { title: "Kubernetes", version: "v9" },
    paths: document["paths"],
    definitions: {
      Port: { type: "string", format: "int-or-string" },
      Thing: {
        ...thing,
        properties: {
          port: { description: "Where.", $ref: "#/definitions/Port", default: {} },
          names: thing.properties.names,
          more: { type: "object", additionalProperties: { $ref: "#/definitions/Port" } },
        },
      },
    },
  });
});

test("an operation says what it consumes and produces, and its body is a parameter", () => {
  const answered = { description: "OK", schema: { $ref: "#/definitions/Thing" } };
  expect(document["paths"]).toEqual({
    "/things/{name}": {
      parameters: [{ name: "name", in: "path", required: true, type: "string", uniqueItems: true }],
      get: {
        operationId: "readThing",
        tags: ["t"],
        consumes: ["*/*"],
        produces: ["application/json", "application/yaml"],
        schemes: ["https"],
        parameters: [],
        responses: { 200: answered, 401: { description: "No" } },
      },
      patch: {
        operationId: "patchThing",
        tags: ["t"],
        consumes: ["application/merge-patch+json", "text/x"],
        produces: ["application/json", "application/yaml"],
        schemes: ["https"],
        parameters: [
          { name: "body", in: "body", required: true, schema: { $ref: "#/definitions/Thing" } },
          { name: "dryRun", in: "query", type: "string", uniqueItems: true },
        ],
        responses: { 200: answered, 201: answered },
        "x-kubernetes-group-version-kind": gvk,
      },
    },
  });
});

test("the protobuf form of a path, byte by byte", () => {
  const query = { name: "q", in: "query", type: "t", uniqueItems: true };
  const inPath = { name: "p", in: "path", required: true, type: "t", uniqueItems: true };
  const body = { name: "b", in: "body", required: true, schema: { $ref: "r" } };
  const patch = { operationId: "o", tags: ["t"], consumes: ["c"], produces: ["d"], schemes: ["s"], parameters: [body, query] };
  const responses = { 200: { description: "O", schema: { $ref: "r" } } };
  const paths = { "/": { parameters: [inPath], patch: { ...patch, responses, "x-a": 1 } } };
  const varint = (value: number): readonly number[] => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
  const part = (number: number, ...inner: string[]): string =>
    hexOfBytes(Uint8Array.of(number * 8 + 2, ...varint(inner.join("").length / 2))) + inner.join("");
  const text = (number: number, value: string): string => part(number, hexOf(value));
  const truth = (number: number): string => hexOfBytes(Uint8Array.of(...varint(number * 8), 1));
  const parameter = {
    body: part(1, part(1, text(2, "b"), text(3, "body"), truth(4), part(5, text(1, "r")))),
    query: part(1, part(2, part(3, text(2, "query"), text(4, "q"), text(6, "t"), truth(20)))),
    path: part(1, part(2, part(4, truth(1), text(2, "path"), text(4, "p"), text(5, "t"), truth(19)))),
  };
  const replies = part(9, part(1, text(1, "200"), part(2, part(1, text(1, "O"), part(2, part(1, text(1, "r")))))));
  const words = [text(1, "t"), text(5, "o"), text(6, "d"), text(7, "c")];
  const operation = [
    ...words,
    part(8, parameter.body),
    part(8, parameter.query),
    replies,
    text(10, "s"),
    part(13, text(1, "x-a"), part(2, text(2, "1"))),
  ];
  const item = part(2, part(8, ...operation), part(9, parameter.path));
  const written = hexOfBytes(swaggerProtobuf({ info: { title: "T", version: "1" }, definitions: {}, paths }));
  expect(written).toBe(text(1, "2.0") + part(2, text(1, "T"), text(2, "1")) + part(8, part(2, text(1, "/"), item)) + part(9));
});

test("the protobuf form of a small document, byte by byte", () => {
  const small = { info: { title: "T", version: "1" }, paths: {}, definitions: { A: { type: "string", "x-a": [1] } } };
  const extension = "fa010c0a03782d61120512035b315d";
  const schema = `b201080a06${hexOf("string")}${extension}`;
  const named = `0a0141121a${schema}`;
  expect(hexOfBytes(swaggerProtobuf(small))).toBe(`0a03${hexOf("2.0")}12060a015412013142004a210a1f${named}`);
});

test("everything of a document goes into its protobuf form", () => {
  const text = new TextDecoder().decode(swaggerProtobuf(document));
  for (const part of ["A thing.", "Where.", "#/definitions/Port", "int-or-string", '"b"', "names", "more", '"kind":"Thing"'])
    expect(text).toContain(part);
});

const hexOf = (text: string): string => hexOfBytes(new TextEncoder().encode(text));
const hexOfBytes = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
