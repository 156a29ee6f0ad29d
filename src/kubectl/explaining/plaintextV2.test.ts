import { expect, test } from "vitest";
import { textFromV2 } from "./plaintextV2.ts";
import { Swagger } from "./swagger.ts";

const kind = { group: "sea.example", version: "v1", kind: "Ship" };
const swagger = new Swagger({
  definitions: {
    "example.Ship": {
      description: "Ship floats.",
      type: "object",
      properties: { spec: { $ref: "#/definitions/example.Spec", description: "What it shall be." }, kind: { type: "string" } },
      "x-kubernetes-group-version-kind": [kind],
    },
    "example.Spec": {
      description: "Spec says how.",
      type: "object",
      required: ["crew"],
      properties: {
        crew: { type: "array", items: { $ref: "#/definitions/example.Sailor" }, description: "All hands." },
        flags: { type: "object", additionalProperties: { type: "string" } },
        tows: { $ref: "#/definitions/example.Spec" },
        anything: { description: "Whatever." },
      },
    },
    "example.Sailor": { type: "object", properties: { name: { type: "string", description: "Called so." } } },
  },
});
const explained = (fields: readonly string[], recursive = false): string => textFromV2({ swagger, kind, recursive }, fields);
const head = "KIND:     Ship\nVERSION:  sea.example/v1\n\n";

test("a kind and its fields", () => {
  expect(explained([])).toBe(
    `${head}DESCRIPTION:\n     Ship floats.\n\nFIELDS:\n   kind\t<string>\n\n   spec\t<Object>\n     What it shall be.\n\n`,
  );
});

test("a field whose type has fields is called a resource, with both descriptions", () => {
  expect(explained(["spec"])).toBe(
    `${head}RESOURCE: spec <Object>\n\nDESCRIPTION:\n     What it shall be.\n\n     Spec says how.\n\nFIELDS:\n` +
      "   anything\t<>\n     Whatever.\n\n   crew\t<[]Object> -required-\n     All hands.\n\n   flags\t<map[string]string>\n\n   tows\t<Object>\n\n",
  );
});

test("recursive, where a cycle ends", () => {
  expect(explained([], true)).toContain(
    "FIELDS:\n   kind\t<string>\n   spec\t<Object>\n      anything\t<>\n      crew\t<[]Object>\n         name\t<string>\n      flags\t<map[string]string>\n      tows\t<Object>\n",
  );
});

test.each([
  [["spec", "crew", "name"], `${head}FIELD:    name <string>\n\nDESCRIPTION:\n     Called so.\n`],
  [["spec", "flags"], `${head}FIELD:    flags <map[string]string>\n\nDESCRIPTION:\n     <empty>\n`],
  [["spec", "anything"], `${head}DESCRIPTION:\n     Whatever.\n`],
])("%j", (fields, text) => {
  expect(explained(fields)).toBe(text);
});

test("what isn't there", () => {
  expect(() => explained(["spec", "nope"])).toThrow('field "nope" does not exist');
  expect(() => textFromV2({ swagger, kind: { ...kind, kind: "Boat" }, recursive: false }, [])).toThrow(
    `couldn't find resource for "sea.example/v1, Kind=Boat"`,
  );
});
