import { describe, expect, test } from "vitest";
import type { ConfigMap } from "../../schema/shapes/core.v1.ts";
import type { ExpectedKind } from "../decode.ts";
import { ApiError } from "../status.ts";
import { type ApplyBody, applyObject } from "./applyBody.ts";

const kind: ExpectedKind<ConfigMap> = { group: "", version: "v1", kind: "ConfigMap", struct: "k8s.io/api/core/v1.ConfigMap" };
const utf8 = new TextEncoder();

function applied(
  text: string,
  more: Partial<ApplyBody<ConfigMap>> = {},
): { message: string; object?: ConfigMap; warnings?: readonly string[] } {
  const request = {
    current: undefined,
    namespace: "default",
    name: "c",
    manager: "m",
    force: false,
    subresource: "",
    now: "2026-01-01T00:00:00Z",
  };
  try {
    return { message: "", ...applyObject(kind, { ...request, body: utf8.encode(text), validation: "Strict", ...more }) };
  } catch (error) {
    if (error instanceof ApiError) return { message: error.message };
    throw error;
  }
}

describe("an apply's body", () => {
  test("YAML or JSON, with managedFields in the result", () => {
    const yaml = applied("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b\n");
    const json = applied('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"b"}}');
    expect(yaml.object).toEqual(json.object);
    expect(yaml.object).toMatchObject({
      data: { a: "b" },
      metadata: {
        name: "c",
        managedFields: [{ manager: "m", operation: "Apply", apiVersion: "v1", fieldsV1: { "f:data": { "f:a": {} } } }],
      },
    });
  });
  test("merged into what is there", () => {
    const current = applied('{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b","gone":"x"}}').object;
    const { object } = applied('{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"c"}}', { current });
    expect(object?.data).toEqual({ a: "c" });
  });
  test("what can't be read, or reads twice", () => {
    expect(applied("a: [").message).toMatch(/^error decoding YAML: error converting YAML to JSON: yaml: line 1: /);
    const twice = "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\ndata: {a: c}\n";
    expect(applied(twice).message).toBe('error strict decoding YAML: yaml: unmarshal errors:\n  line 4: key "data" already set in map');
    expect(applied(twice, { validation: "Warn" }).warnings).toEqual(['line 4: key "data" already set in map']);
    expect(applied("apiVersion: v1\nkind: ConfigMap\ndato: {}\n").message).toBe(
      "failed to create typed patch object (default/c; /v1, Kind=ConfigMap): .dato: field not declared in schema",
    );
  });
});
