/** What clients get wrong, and the Status that says so: code, reason and message as upstream has them. Also what fuzzing found. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { protobufMagic } from "./protobufBodies.ts";
import { readAnswer, testServer } from "./server.ts";
import type { TestServer } from "./server.ts";

let api: TestServer;
const pods = "/api/v1/namespaces/default/pods";
const configMaps = "/api/v1/namespaces/default/configmaps";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const aPod = { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } };
const aDeployment = {
  metadata: { name: "d" },
  spec: { selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: aPod.spec } },
};

beforeAll(async () => {
  api = await testServer();
  await api.send("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  await api.send("POST", configMaps, { metadata: { name: "a" } });
  await api.send("POST", deployments, aDeployment);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface Case {
  readonly what: string;
  readonly send: readonly [method: string, url: string, body?: unknown, headers?: Record<string, string>];
  readonly code: number;
  readonly reason: string;
  readonly message: string | RegExp;
}
const merge = { "content-type": "application/merge-patch+json" };
const json = { "content-type": "application/json-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const noKind = 'no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"';

const cases: readonly Case[] = [
  {
    what: "not JSON",
    send: ["POST", pods, "{nope"],
    code: 400,
    reason: "BadRequest",
    message: /^the object provided is unrecognized \(must be of type Pod\): couldn't get version\/kind; json parse error: .* \(\{nope\)$/,
  },
  {
    what: "no body",
    send: ["POST", pods],
    code: 400,
    reason: "BadRequest",
    message: /^the object provided is unrecognized \(must be of type Pod\): couldn't get version\/kind; json parse error: .* \(<empty>\)$/,
  },
  {
    what: "an unknown kind",
    send: ["POST", pods, { apiVersion: "v1", kind: "Foo", metadata: { name: "x" } }],
    code: 400,
    reason: "BadRequest",
    message: `Foo in version "v1" cannot be handled as a Pod: ${noKind}`,
  },
  {
    what: "another kind",
    send: ["POST", pods, { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" } }],
    code: 400,
    reason: "BadRequest",
    message: 'Deployment in version "v1" cannot be handled as a Pod: converting (v1.Deployment) to (core.Pod): unknown conversion',
  },
  {
    what: "a wrong type",
    send: ["POST", deployments, { ...aDeployment, spec: { ...aDeployment.spec, replicas: "three" } }],
    code: 400,
    reason: "BadRequest",
    message:
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  },
  {
    what: "an unknown field, strictly",
    send: ["POST", `${deployments}?fieldValidation=Strict`, { ...aDeployment, spec: { ...aDeployment.spec, replica: 3 } }],
    code: 400,
    reason: "BadRequest",
    message: 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"',
  },
  {
    what: "a field twice, strictly",
    send: ["POST", `${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"data":{"a":"1"},"data":{"a":"2"}}'],
    code: 400,
    reason: "BadRequest",
    message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data"',
  },
  {
    what: "a truncated protobuf",
    send: [
      "POST",
      configMaps,
      Uint8Array.from([...protobufMagic, 0x0a, 0x40, 0x0a]),
      { "content-type": "application/vnd.kubernetes.protobuf" },
    ],
    code: 400,
    reason: "BadRequest",
    message: /cannot be handled as a ConfigMap: /,
  },
  {
    what: "no protobuf at all",
    send: ["POST", configMaps, "{}", { "content-type": "application/vnd.kubernetes.protobuf" }],
    code: 400,
    reason: "BadRequest",
    message: /provided data does not appear to be a protobuf message, expected prefix/,
  },
  {
    what: "YAML that contains itself (fuzz)",
    send: ["POST", configMaps, "a: &x [*x]", { "content-type": "application/yaml" }],
    code: 400,
    reason: "BadRequest",
    message: /anchor value contains itself/,
  },
  {
    what: "a name beside a generateName, taken (fuzz)",
    send: ["POST", configMaps, { metadata: { name: "a", generateName: "b" } }],
    code: 409,
    reason: "AlreadyExists",
    message: 'configmaps "a" already exists, the server was not able to generate a unique name for the object',
  },
  {
    what: "an unknown content type",
    send: ["POST", pods, aPod, { "content-type": "text/plain" }],
    code: 415,
    reason: "UnsupportedMediaType",
    message:
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  },
  {
    what: "an Accept that nobody can fulfil",
    send: ["GET", pods, undefined, { accept: "text/html" }],
    code: 406,
    reason: "NotAcceptable",
    message: "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  },
  {
    what: "a name too long",
    send: ["POST", configMaps, { metadata: { name: "n".repeat(254) } }],
    code: 422,
    reason: "Invalid",
    message: `ConfigMap "${"n".repeat(254)}" is invalid: metadata.name: Invalid value: "${"n".repeat(254)}": must be no more than 253 characters`,
  },
  {
    what: "a name in capitals",
    send: ["POST", configMaps, { metadata: { name: "Web" } }],
    code: 422,
    reason: "Invalid",
    message:
      "ConfigMap \"Web\" is invalid: metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  {
    what: "no name",
    send: ["POST", configMaps, { metadata: {} }],
    code: 422,
    reason: "Invalid",
    message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    what: "a version on an object to be created",
    send: ["POST", configMaps, { metadata: { name: "x", resourceVersion: "1" } }],
    code: 400,
    reason: "BadRequest",
    message: "resourceVersion should not be set on objects to be created",
  },
  {
    what: "an immutable field",
    send: [
      "PATCH",
      `${deployments}/d`,
      { spec: { selector: { matchLabels: { a: "c" } }, template: { metadata: { labels: { a: "c" } } } } },
      merge,
    ],
    code: 422,
    reason: "Invalid",
    message: 'Deployment.apps "d" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable',
  },
  {
    what: "another name in the body than in the URL",
    send: ["PUT", `${configMaps}/a`, { metadata: { name: "b" } }],
    code: 400,
    reason: "BadRequest",
    message: "the name of the object (b) does not match the name on the URL (a)",
  },
  {
    what: "another uid",
    send: ["PUT", `${configMaps}/a`, { metadata: { name: "a", uid: "nope" } }],
    code: 409,
    reason: "Conflict",
    message: /^Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: nope, UID in object meta: /,
  },
  {
    what: "a bad label selector",
    send: ["GET", `${pods}?labelSelector=a+in`],
    code: 400,
    reason: "BadRequest",
    message: /^unable to parse requirement: /,
  },
  {
    what: "a bad field selector",
    send: ["GET", `${pods}?fieldSelector=a`],
    code: 400,
    reason: "BadRequest",
    message: "invalid selector: 'a'; can't understand 'a'",
  },
  {
    what: "a bad limit",
    send: ["GET", `${pods}?limit=x`],
    code: 400,
    reason: "BadRequest",
    message: 'strconv.ParseInt: parsing "x": invalid syntax',
  },
  {
    what: "a bad version to list from",
    send: ["GET", `${pods}?resourceVersion=x`],
    code: 400,
    reason: "BadRequest",
    message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  },
  {
    what: "a match without a version",
    send: ["GET", `${pods}?resourceVersionMatch=Exact`],
    code: 422,
    reason: "Invalid",
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  },
  {
    what: "a continue token of somebody's making",
    send: ["GET", `${pods}?continue=abc`],
    code: 400,
    reason: "BadRequest",
    message: /^continue key is not valid/,
  },
  {
    what: "an unknown dry run",
    send: ["POST", `${pods}?dryRun=Some`, aPod],
    code: 422,
    reason: "Invalid",
    message: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  },
  {
    what: "an unknown propagation policy",
    send: ["DELETE", `${configMaps}/a?propagationPolicy=Up`],
    code: 422,
    reason: "Invalid",
    message:
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Up": supported values: "Foreground", "Background", "Orphan", "nil"',
  },
  {
    what: "a JSON patch that doesn't fit",
    send: ["PATCH", `${configMaps}/a`, [{ op: "remove", path: "/data/x" }], json],
    code: 422,
    reason: "Invalid",
    message: "the server rejected our request due to an error in our request",
  },
  {
    what: "a patch that is no JSON",
    send: ["PATCH", `${configMaps}/a`, "{", merge],
    code: 400,
    reason: "BadRequest",
    message: /^error decoding patch: /,
  },
  {
    what: "a patch of a wrong type",
    send: ["PATCH", `${deployments}/d`, { spec: { replicas: "x" } }, strategic],
    code: 422,
    reason: "Invalid",
    message: /^ "" is invalid: patch: Invalid value: "map\[spec:map\[replicas:x\]\]": /,
  },
  {
    what: "a patch of an unknown sort",
    send: ["PATCH", `${configMaps}/a`, {}, { "content-type": "application/json" }],
    code: 415,
    reason: "UnsupportedMediaType",
    message: /^the body of the request was in an unknown format - accepted media types include: application\/json-patch\+json, /,
  },
  {
    what: "an unknown path",
    send: ["GET", "/apis/nope/v1/things"],
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
  },
  {
    what: "a method that a resource doesn't take",
    send: ["PUT", pods, aPod],
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
  },
  {
    what: "a broken escape in the path",
    send: ["GET", `${pods}/%zz`],
    code: 400,
    reason: "BadRequest",
    message: "invalid URL escape in path",
  },
  {
    what: "a ServiceAccount that isn't there",
    send: ["POST", pods, { ...aPod, spec: { ...aPod.spec, serviceAccountName: "ghost" } }],
    code: 403,
    reason: "Forbidden",
    message: 'pods "p" is forbidden: error looking up service account default/ghost: serviceaccount "ghost" not found',
  },
];

test.each(cases)("$what", async ({ send, code, reason, message }) => {
  const { status, body } = await api.send(...send);
  expect(body).toMatchObject({ kind: "Status", status: "Failure", code: status });
  expect([status, body.reason]).toEqual([code, reason]);
  const asExpected = typeof message === "string" ? body.message === message : message.test(body.message);
  expect([body.message, asExpected]).toEqual([body.message, true]);
});

test("a body over the limit", async () => {
  const body = new Uint8Array(3 * 1024 * 1024 + 1).fill(0x20);
  const answer = await readAnswer(await api.raw({ method: "POST", url: pods, headers: { "content-type": "application/json" }, body }));
  expect(answer.body).toMatchObject({
    code: 413,
    reason: "RequestEntityTooLarge",
    message: "Request entity too large: limit is 3145728",
  });
});

test("unknown fields are only warned of unless asked to be strict", async () => {
  const answer = await api.send("POST", `${configMaps}?dryRun=All`, { metadata: { name: "w" }, date: { a: "b" } });
  expect([answer.status, answer.headers["warning"]]).toEqual([201, '299 - "unknown field \\"date\\""']);
  const ignored = await api.send("POST", `${configMaps}?dryRun=All&fieldValidation=Ignore`, { metadata: { name: "w" }, date: {} });
  expect([ignored.status, ignored.headers["warning"]]).toEqual([201, undefined]);
});

test("nothing of what was refused is stored", async () => {
  const { body } = await api.send("GET", configMaps);
  expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["a"]);
});
