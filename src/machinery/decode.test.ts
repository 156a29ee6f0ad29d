import { describe, expect, test } from "vitest";
import { encodeProtobuf } from "../schema/protobufEncode.ts";
import { structOf } from "../schema/structs.ts";
import { decodeBody, type ExpectedKind } from "./decode.ts";
import { ApiError } from "./status.ts";

const deployment: ExpectedKind = { group: "apps", version: "v1", kind: "Deployment", struct: "k8s.io/api/apps/v1.Deployment" };
const utf8 = new TextEncoder();
const json = { contentType: "application/json; charset=utf-8", validation: "Strict" } as const;

function statusOf(
  body: string | Uint8Array,
  contentType: string | undefined = json.contentType,
  expected = deployment,
): { code: number; message: string } {
  try {
    decodeBody(typeof body === "string" ? utf8.encode(body) : body, expected, { contentType, validation: "Strict" });
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 200, message: "" };
}

describe("decodeBody", () => {
  test("fills in kind and version from the path", () => {
    const { object } = decodeBody(utf8.encode('{"metadata":{"name":"d"}}'), deployment, json);
    expect(object).toMatchObject({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" } });
  });

  test.each([
    ['{"spec":{"foo":1}}', 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo"'],
    [
      '{"spec":{"replicas":"3"}}',
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      '{"apiVersion":"v1","kind":"Pod"}',
      'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
    ],
    [
      '{"apiVersion":"apps/v1","kind":"Foo"}',
      'Foo in version "v1" cannot be handled as a Deployment: no kind "Foo" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      "{",
      "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: unexpected end of JSON input ({)",
    ],
    [
      "not json at all, and much longer than thirty",
      "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u') (6e6f74206a736f6e20617420616c6c2c20616e64206d756368206c6f6e67 ...)",
    ],
    [
      "",
      "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
  ])("%s is a 400", (body, message) => {
    expect(statusOf(body)).toEqual({ code: 400, message });
  });

  test("another version of the same kind", () => {
    const autoscaler: ExpectedKind = {
      group: "autoscaling",
      version: "v2",
      kind: "HorizontalPodAutoscaler",
      struct: "autoscaling/v2.HorizontalPodAutoscaler",
    };
    expect(statusOf('{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler"}', "application/json", autoscaler).message).toBe(
      "the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)",
    );
  });

  test("options of any group's version", () => {
    const options: ExpectedKind = {
      group: "",
      version: "v1",
      kind: "DeleteOptions",
      struct: "k8s.io/apimachinery/pkg/apis/meta/v1.DeleteOptions",
    };
    const { object } = decodeBody(utf8.encode('{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0}'), options, json);
    expect(object).toMatchObject({ gracePeriodSeconds: 0 });
    expect(object).not.toHaveProperty("metadata");
  });

  test("Warn gives warnings, Ignore nothing", () => {
    const body = utf8.encode('{"spec":{"foo":1,"replicas":1,"replicas":2}}');
    expect(decodeBody(body, deployment, { ...json, validation: "Warn" }).warnings).toEqual([
      'unknown field "spec.foo"',
      'duplicate field "spec.replicas"',
    ]);
    expect(decodeBody(body, deployment, { ...json, validation: "Ignore" }).warnings).toEqual([]);
  });

  test("YAML, with YAML 1.1's booleans and text times", () => {
    const body = utf8.encode("kind: Deployment\nmetadata:\n  name: d\n  annotations: {on: '2020-01-01'}\nspec:\n  paused: yes\n");
    const { object } = decodeBody(body, deployment, { contentType: "application/yaml", validation: "Strict" });
    expect(object).toMatchObject({ metadata: { name: "d" }, spec: { paused: true } });
    expect(statusOf("a: [", "application/yaml").message).toContain("error converting YAML to JSON: yaml: line 1");
    expect(statusOf("metadata: {name: a}\nmetadata: {name: b}\n", "application/yaml").message).toContain(
      'key "metadata" already set in map',
    );
  });

  test("protobuf, whole and cut", () => {
    const struct = structOf(deployment.struct);
    const body = encodeProtobuf({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec: { replicas: 2 } }, struct);
    const options = { contentType: "application/vnd.kubernetes.protobuf", validation: "Strict" } as const;
    expect(decodeBody(body, deployment, options).object).toMatchObject({ metadata: { name: "d" }, spec: { replicas: 2 } });
    expect(statusOf(body.subarray(0, body.length - 1), options.contentType)).toMatchObject({ code: 400 });
    expect(statusOf(utf8.encode("{}"), options.contentType).message).toBe(
      "the object provided is unrecognized (must be of type Deployment): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})",
    );
  });

  test("another content type is a 415", () => {
    expect(statusOf("{}", "text/plain")).toEqual({
      code: 415,
      message:
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    });
  });
});
