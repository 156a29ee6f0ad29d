import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anObject } from "../testing/arbitraryObjects.ts";
import { conform } from "./conform.ts";
import { DecodeError } from "../base/wire/decodeError.ts";
import { decodeJson, decodeValue, strictErrorText } from "./strictDecode.ts";
import { structOf } from "./structs.ts";

const deployment = structOf("apps/v1.Deployment");
const pod = structOf("core/v1.Pod");

function problemsOf(text: string, struct = deployment): readonly string[] {
  return decodeJson(text, struct, "Strict").problems;
}

describe("unknown and duplicate fields", () => {
  test("are named by path, in the order of the text", () => {
    const text = `{"metadata":{"name":"d","labels":{"a":"1","a":"2"}},"spec":{"replicas":1,"foo":{"bar":1},"replicas":2,
      "template":{"spec":{"containers":[{"name":"a"},{"name":"b","imag":"x","env":[{"nam":"y"}]}]}}},"Status":{}}`;
    expect(problemsOf(text)).toEqual([
      'duplicate field "metadata.labels.a"',
      'unknown field "spec.foo"',
      'duplicate field "spec.replicas"',
      'unknown field "spec.template.spec.containers[1].imag"',
      'unknown field "spec.template.spec.containers[1].env[0].nam"',
      'unknown field "Status"',
    ]);
  });
  test("the last of two wins", () => {
    expect(decodeJson('{"spec":{"replicas":1,"replicas":2}}', deployment, "Warn").object).toMatchObject({ spec: { replicas: 2 } });
  });
  test("are dropped from the object and not reported with Ignore", () => {
    const { object, problems } = decodeJson('{"metadata":{"name":"d"},"spec":{"foo":1}}', deployment, "Ignore");
    expect(problems).toEqual([]);
    expect(object["spec"]).not.toHaveProperty("foo");
  });
  test("names are case-sensitive", () => {
    expect(problemsOf('{"spec":{"Replicas":1}}')).toEqual(['unknown field "spec.Replicas"']);
  });
  test("quotes, escapes and look-alike keys inside strings don't confuse it", () => {
    const text = String.raw`{"metadata":{"name":"d","annotations":{"x":"{\"a\":1,\"a\":2}","y\"":"\\","y":":"}}}`;
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(String.raw`{"metadata":{"name":"d","na\u006de":"e"}}`)).toEqual(['duplicate field "metadata.name"']);
  });
  test("are found in values made in process too; undefined is no field", () => {
    expect(decodeValue({ spec: { foo: 1, replicas: undefined } }, deployment, "Strict").problems).toEqual(['unknown field "spec.foo"']);
    expect(decodeValue({ spec: { bar: undefined } }, deployment, "Strict").problems).toEqual([]);
  });
  test("no more than a hundred, each once", () => {
    const many = Array.from({ length: 300 }, (_, i) => `"x${i}":1`).join(",");
    expect(problemsOf(`{"spec":{${many},"x0":2}}`)).toHaveLength(100);
  });
  test("are listed as upstream lists them", () => {
    expect(strictErrorText(problemsOf('{"spec":{"foo":1,"foo":2}}'))).toBe('strict decoding error: unknown field "spec.foo"');
  });
});

describe("wrong types", () => {
  test.each([
    ['{"spec":{"replicas":"3"}}', "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"],
    ['{"spec":{"replicas":1.5}}', "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"],
    [
      '{"spec":{"replicas":3000000000}}',
      "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    ['{"spec":[]}', "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec"],
    ['{"metadata":{"labels":{"a":1}}}', "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"],
    [
      '{"spec":{"template":{"spec":{"containers":{"name":"x"}}}}}',
      "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    ],
    [
      '{"spec":{"template":{"spec":{"containers":[{"env":[{"value":1}]}]}}}}',
      "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
    ],
    ['{"spec":{"paused":"yes"}}', "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool"],
    ['{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}', "json: cannot unmarshal bool into Go value of type int32"],
    ["[]", "json: cannot unmarshal array into Go value of type v1.Deployment"],
    [
      '{"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      '{"metadata":{"creationTimestamp":"yesterday"}}',
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
  ])("%s", (text, message) => {
    expect(() => decodeJson(text, deployment, "Ignore")).toThrow(new DecodeError(message));
  });
  test("bytes that are no base64", () => {
    expect(() => decodeJson('{"data":{"a":"b c"}}', structOf("core/v1.Secret"), "Ignore")).toThrow("illegal base64 data at input byte 1");
  });
});

describe("what isn't JSON", () => {
  test.each([
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ['{"a":[1 2]}', "invalid character '2' after array element"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ["<html>", "invalid character '<' looking for beginning of value"],
    ["{} {}", "invalid character '{' after top-level value"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":-}', "invalid character '}' in numeric literal"],
  ])("%s", (text, message) => {
    expect(() => decodeJson(text, deployment, "Ignore")).toThrow(new DecodeError(message));
  });
});

describe("canonical form", () => {
  test("is what Go prints: empty values out, structs in, fields in Go's order, map keys sorted", () => {
    const text = `{"status":null,"spec":{"nodeName":"","containers":[{"image":"i","name":"c","command":[],"resources":null}],"hostNetwork":false},
      "metadata":{"labels":{"b":"2","a":"1"},"name":"p","creationTimestamp":null,"annotations":{}}}`;
    const { object } = decodeJson(text, pod, "Strict");
    expect(JSON.stringify(object)).toBe(
      '{"metadata":{"name":"p","labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"c","image":"i","resources":{}}]},"status":{}}',
    );
  });
  test("pointers keep their zero", () => {
    expect(decodeJson('{"spec":{"replicas":0,"paused":false}}', deployment, "Ignore").object["spec"]).toMatchObject({ replicas: 0 });
  });
  test("quantities, times and durations are normalised", () => {
    const { object } = decodeJson(
      '{"metadata":{"creationTimestamp":"2026-01-02T05:04:05.678+02:00"},"spec":{"containers":[{"resources":{"limits":{"cpu":"0.5","memory":1048576}}}]}}',
      pod,
      "Ignore",
    );
    expect(object).toMatchObject({
      metadata: { creationTimestamp: "2026-01-02T03:04:05Z" },
      spec: { containers: [{ name: "", resources: { limits: { cpu: "500m", memory: "1048576" } } }] },
    });
  });
  test("keys that JavaScript treats specially survive", () => {
    const { object } = decodeJson('{"data":{"__proto__":"x","constructor":"y"}}', structOf("core/v1.ConfigMap"), "Strict");
    expect(JSON.stringify(object["data"])).toBe('{"__proto__":"x","constructor":"y"}');
    expect(problemsOf('{"constructor":1,"__proto__":{}}')).toEqual(['unknown field "constructor"', 'unknown field "__proto__"']);
  });
  test("a value nested too deep is refused, however it is hidden", () => {
    const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
    expect(() => decodeJson(`{"nonsense":${deep}}`, pod, "Strict")).toThrow("exceeded max depth");
    expect(() => decodeJson(`{"metadata":{"managedFields":[{"fieldsV1":${deep}}]}}`, pod, "Strict")).toThrow("exceeded max depth");
  });
  test("property: is a fixed point, and clean objects have no problems", () => {
    fc.assert(
      fc.property(anObject(deployment), (object) => {
        const text = JSON.stringify(object);
        const once = decodeJson(text, deployment, "Strict");
        expect(once.problems).toEqual([]);
        expect(JSON.stringify(conform(once.object, deployment).object)).toBe(JSON.stringify(once.object));
      }),
    );
  });
});
