import { describe, expect, test } from "vitest";
import type { OpenApiDocument } from "./openApiDocument.ts";
import { kindOf, schemaOfKind } from "./openApiDocument.ts";
import { bodyText, headText } from "./plaintext.ts";

const ship = { group: "sea.example", version: "v1", kind: "Ship" };
const reference = (name: string): { readonly $ref: string } => ({ $ref: `#/components/schemas/${name}` });

const document: OpenApiDocument = {
  paths: {
    "/apis/sea.example/v1/namespaces/{namespace}/ships/{name}": { get: { "x-kubernetes-group-version-kind": ship } },
  },
  components: {
    schemas: {
      "example.Ship": {
        description: "Ship floats.",
        type: "object",
        required: ["spec"],
        properties: {
          spec: { description: "What it shall be.", allOf: [reference("example.ShipSpec")] },
          kind: { type: "string" },
        },
        "x-kubernetes-group-version-kind": [ship],
      },
      "example.ShipSpec": {
        description: "ShipSpec says how.",
        type: "object",
        properties: {
          crew: { type: "array", items: reference("example.Sailor"), description: "All hands." },
          flags: { type: "object", additionalProperties: { type: "string" }, description: "By mast." },
          hull: { type: "string", enum: ["", "Wood", "Iron", "Steel", "Glass"] },
          draught: { allOf: [reference("example.Length")] },
          tows: { allOf: [reference("example.ShipSpec")] },
          cargo: { type: "object" },
        },
      },
      "example.Sailor": { type: "object", properties: { name: { type: "string", description: "Called so." } }, required: ["name"] },
      "example.Length": { type: "string", description: "Length has a unit." },
    },
  },
};

const explained = (fields: readonly string[], recursive = false): string => bodyText({ document, recursive }, ship, fields);

describe("explain from OpenAPI v3", () => {
  test("the kind of a resource is named by the operations on its paths", () => {
    expect(kindOf(document, { group: "sea.example", version: "v1", plural: "ships" })).toEqual(ship);
    expect(kindOf(document, { group: "sea.example", version: "v1", plural: "boats" })).toBeUndefined();
    expect(schemaOfKind(document, ship)?.description).toBe("Ship floats.");
  });

  test("a head leaves the core group out", () => {
    expect(headText(ship)).toBe("GROUP:      sea.example\nKIND:       Ship\nVERSION:    v1\n\n");
    expect(headText({ group: "", version: "v1", kind: "Pod" })).toBe("KIND:       Pod\nVERSION:    v1\n\n");
  });

  test("a kind: its description, then its fields by name", () => {
    expect(explained([])).toBe(
      [
        "DESCRIPTION:",
        "    Ship floats.",
        "    ",
        "FIELDS:",
        "  kind\t<string>",
        "    <no description>",
        "",
        "  spec\t<ShipSpec> -required-",
        "    What it shall be.",
        "",
        "",
        "",
      ].join("\n"),
    );
  });

  test.each([
    [["spec"], "FIELD: spec <ShipSpec>"],
    [["spec", "crew"], "FIELD: crew <[]Sailor>"],
    [["spec", "crew", "name"], "FIELD: name <string>"],
    [["spec", "flags"], "FIELD: flags <map[string]string>"],
    [["spec", "draught"], "FIELD: draught <string>"],
    [["spec", "cargo"], "FIELD: cargo <Object>"],
  ])("%j begins with its type", (fields, first) => {
    expect(explained(fields).split("\n")[0]).toBe(first);
  });

  test("a field's description, and below it that of its type", () => {
    expect(explained(["spec", "draught"])).toBe("FIELD: draught <string>\n\n\nDESCRIPTION:\n    Length has a unit.\n    \n\n");
    expect(explained(["spec"])).toContain("DESCRIPTION:\n    What it shall be.\n    ShipSpec says how.\n    \nFIELDS:\n");
  });

  test("an enumeration is shortened in a list and whole on its own", () => {
    expect(explained(["spec"])).toContain('  hull\t<string>\n  enum: "", Wood, Iron, Steel, ....\n    <no description>\n');
    expect(explained(["spec", "hull"])).toBe(
      'FIELD: hull <string>\nENUM:\n    ""\n    Wood\n    Iron\n    Steel\n    Glass\n\nDESCRIPTION:\n    <empty>\n\n',
    );
  });

  test("recursive: fields of fields, where a cycle ends", () => {
    expect(explained(["spec"], true)).toContain(
      [
        "FIELDS:",
        "  cargo\t<Object>",
        "  crew\t<[]Sailor>",
        "    name\t<string> -required-",
        "  draught\t<string>",
        "  flags\t<map[string]string>",
        "  hull\t<string>",
        '  enum: "", Wood, Iron, Steel, ....',
        "  tows\t<ShipSpec>",
        "",
      ].join("\n"),
    );
  });

  test.each([[["nope"]], [["spec", "nope"]], [["spec", "crew", "name", "nope"]], [["spec", "flags", "nope"]]])(
    "%j doesn't exist",
    (fields) => {
      expect(() => explained(fields)).toThrow('error: field "nope" does not exist');
    },
  );

  test("a kind that the document lacks", () => {
    expect(() => bodyText({ document, recursive: false }, { ...ship, kind: "Boat" }, [])).toThrow(
      "error: GVK map[group:sea.example kind:Boat version:v1] not found in OpenAPI schema",
    );
  });
});
