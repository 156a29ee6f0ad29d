import { expect, test } from "vitest";
import { swaggerDocument, swaggerProtobuf } from "./swagger.ts";

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
const document = swaggerDocument({ Port: port, Thing: thing }, "v9");

test("references may have siblings, and alternatives are texts", () => {
  expect(document).toEqual({
    swagger: "2.0",
    info: { title: "Kubernetes", version: "v9" },
    paths: {},
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

test("the protobuf form of a small document, byte by byte", () => {
  const small = { info: { title: "T", version: "1" }, definitions: { A: { type: "string", "x-a": [1] } } };
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
