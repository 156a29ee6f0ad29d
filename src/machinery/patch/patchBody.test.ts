import { describe, expect, test } from "vitest";
import type { Deployment } from "../../schema/shapes/apps.v1.ts";
import type { ExpectedKind } from "../decode.ts";
import { ApiError } from "../status.ts";
import { patchObject } from "./patchBody.ts";

const kind: ExpectedKind<Deployment> = { group: "apps", version: "v1", kind: "Deployment", struct: "k8s.io/api/apps/v1.Deployment" };
const current: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d", labels: { a: "1" } },
  spec: { replicas: 2, selector: { matchLabels: { a: "1" } }, template: { spec: { containers: [{ name: "c", image: "i" }] } } },
  status: {},
};
const utf8 = new TextEncoder();
const strategic = "application/strategic-merge-patch+json";
const merge = "application/merge-patch+json";
const json = "application/json-patch+json";

type Outcome = { code: number; message: string; object?: Deployment; warnings?: readonly string[] };
function patched(contentType: string, patch: string, validation: "Strict" | "Warn" | "Ignore" = "Strict"): Outcome {
  try {
    return { code: 200, message: "", ...patchObject(kind, { current, body: utf8.encode(patch), contentType, validation }) };
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, message: error.message };
    throw error;
  }
}

describe("a PATCH body", () => {
  test.each([
    [strategic, '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"j"}]}}}}', "j"],
    [merge, '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"j"}]}}}}', "j"],
    [json, '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"j"}]', "j"],
  ])("%s", (type, patch, image) => {
    const { object } = patched(type, patch);
    expect(object).toMatchObject({ kind: "Deployment", apiVersion: "apps/v1", spec: { replicas: 2 } });
    expect(object?.spec.template.spec.containers[0]?.image).toBe(image);
  });

  test("unknown fields and duplicates: an error with Strict, warnings with Warn, nothing with Ignore", () => {
    const patch = '{"spec":{"foo":1,"replicas":1,"replicas":3}}';
    expect(patched(strategic, patch)).toEqual({
      code: 422,
      message:
        ' "" is invalid: patch: Invalid value: "map[spec:map[foo:1 replicas:3]]": strict decoding error: duplicate field "spec.replicas", unknown field "spec.foo"',
    });
    expect(patched(merge, patch, "Warn").warnings).toEqual(['duplicate field "spec.replicas"', 'unknown field "spec.foo"']);
    expect(patched(merge, patch, "Ignore")).toMatchObject({ warnings: [], object: { spec: { replicas: 3 } } });
  });

  test("a wrong type", () => {
    const { code, message } = patched(merge, '{"spec":{"replicas":"many"}}');
    expect(code).toBe(422);
    expect(message).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{\\"apiVersion\\":.*": json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/,
    );
  });

  test("a wrong type in a strategic patch has the converter's words", () => {
    expect(patched(strategic, '{"spec":{"replicas":"x"}}').message).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32',
    );
    expect(patched(strategic, '{"spec":{"template":{"spec":{"containers":"x"}}}}').message).toMatch(/: cannot restore slice from string$/);
    expect(patched(strategic, '{"spec":3}').message).toMatch(/: cannot restore struct from: int64$/);
  });

  test.each([
    [strategic, "{", 400, "unexpected end of JSON input"],
    [merge, "{", 400, "error decoding patch: unexpected end of JSON input"],
    [merge, "[]", 400, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [json, "{}", 400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"],
    [json, '[{"op":"remove","path":"/nope"}]', 422, "the server rejected our request due to an error in our request"],
    [
      "application/json",
      "{}",
      415,
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
    ],
  ])("%s %s", (type, patch, code, message) => {
    expect(patched(type, patch)).toEqual({ code, message });
  });

  test("nested too deep", () => {
    const deep = `{"metadata":${'{"a":'.repeat(3000)}1${"}".repeat(3000)}}`;
    expect(patched(merge, deep)).toEqual({ code: 400, message: "error decoding patch: exceeded max depth" });
  });
});
