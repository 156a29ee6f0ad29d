/** ConfigMap, Secret, Namespace, Node, Endpoints, ServiceAccount and Event: small kinds, one table each. */
import { describe, expect, it } from "vitest";
import type { ConfigMap, Event, Namespace, Node, Secret } from "../../../schema/shapes/core.v1.ts";
import { created, createProblems, rowOf, type Sent, statusProblems, updated, updateProblems } from "../../../testing/kindCases.ts";
import { configMap } from "./configMap.ts";
import { endpoints } from "./endpoints.ts";
import { event } from "./event.ts";
import { namespace, validateFinalizeUpdate } from "./namespace.ts";
import { node } from "./node.ts";
import { secret } from "./secret.ts";
import { serviceAccount } from "./serviceAccount.ts";
import { Path } from "../../../machinery/field.ts";

const now = "2026-01-01T00:10:00Z";
const mib = 1024 * 1024;

describe("ConfigMap", () => {
  it.each<[string, Sent, string[]]>([
    ["texts and bytes", { data: { a: "x" }, binaryData: { b: "AP8=" } }, []],
    [
      "a key that is no file name",
      { data: { "a/b": "x" } },
      [
        "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [
      "a key in both bags",
      { data: { a: "x" }, binaryData: { a: "AA==" } },
      ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    ],
    ["too much", { data: { a: "é".repeat(mib / 2 + 1) } }, [": Too long: may not be more than 1048576 bytes"]],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(configMap, sent)).toEqual(problems);
  });

  it("stays as it is once immutable", () => {
    const frozen = { immutable: true, data: { a: "x" } };
    const text = "Forbidden: field is immutable when `immutable` is set";
    expect(updateProblems(configMap, frozen, (object: ConfigMap) => (object.data = { a: "y" }))).toEqual([`data: ${text}`]);
    expect(updateProblems(configMap, frozen, (object: ConfigMap) => delete object.immutable)).toEqual([`immutable: ${text}`]);
  });

  it("shows how many keys it has", () => {
    expect(rowOf(configMap, created(configMap, { data: { a: "x" }, binaryData: { b: "" } }), now)).toMatchObject({ Data: 2 });
  });
});

describe("Secret", () => {
  it("turns texts into bytes, on creation and on update", () => {
    const before = created(secret, { data: { a: "eA==" }, stringData: { b: "é", a: "y" } });
    expect(before).toMatchObject({ type: "Opaque", data: { a: "eQ==", b: "w6k=" } });
    expect(before.stringData).toBeUndefined();
    const next = updated(secret, before, (object) => (object.stringData = { c: "z" }));
    expect(next.data).toEqual({ ...before.data, c: "eg==" });
  });

  it.each<[string, Sent, string[]]>([
    ["anything", { data: { a: "eA==" } }, []],
    ["a certificate without its key", { type: "kubernetes.io/tls", data: { "tls.crt": "" } }, ["data[tls.key]: Required value"]],
    ["no certificate", { type: "kubernetes.io/tls" }, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]],
    ["no registry login", { type: "kubernetes.io/dockerconfigjson" }, ["data[.dockerconfigjson]: Required value"]],
    [
      "a registry login that is no JSON",
      { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "no" } },
      ["data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'o' in literal null (expecting 'u')"],
    ],
    [
      "neither user nor password",
      { type: "kubernetes.io/basic-auth" },
      ["data[username]: Required value", "data[password]: Required value"],
    ],
    ["a user alone", { type: "kubernetes.io/basic-auth", stringData: { username: "x" } }, []],
    ["no SSH key", { type: "kubernetes.io/ssh-auth" }, ["data[ssh-privatekey]: Required value"]],
    [
      "a token for nobody",
      { type: "kubernetes.io/service-account-token" },
      ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
    ],
    ["too much", { stringData: { a: "x".repeat(mib + 1) } }, ["data: Too long: may not be more than 1048576 bytes"]],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(secret, sent)).toEqual(problems);
  });

  it("keeps its type", () => {
    expect(updateProblems(secret, {}, (object: Secret) => (object.type = "x/y"))).toEqual([
      'type: Invalid value: "x/y": field is immutable',
    ]);
    expect(rowOf(secret, created(secret, { stringData: { a: "x" } }), now)).toMatchObject({ Type: "Opaque", Data: 1 });
  });
});

describe("Namespace", () => {
  it("is active, finalized by Kubernetes and labelled with its name", () => {
    expect(created(namespace, { metadata: { name: "prod" } })).toEqual({
      metadata: { name: "prod", labels: { "kubernetes.io/metadata.name": "prod" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  });

  it("wants a DNS label, and phases that fit", () => {
    expect(createProblems(namespace, { metadata: { name: "a.b" } })).toEqual([
      'metadata.name: Invalid value: "a.b": must not contain dots',
    ]);
    expect(statusProblems(namespace, created(namespace, {}), (object: Namespace) => (object.status = { phase: "Terminating" }))).toEqual([
      "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
    ]);
  });

  it("changes its finalizers only through finalize", () => {
    const before = created(namespace, {});
    before.metadata.resourceVersion = "1";
    expect(updated(namespace, before, (object) => (object.spec.finalizers = [])).spec.finalizers).toEqual(["kubernetes"]);
    const next = { ...before, spec: { finalizers: ["mine"] } };
    expect(validateFinalizeUpdate(next, before, Path.root("")).map(({ path, detail }) => `${path}: ${detail}`)).toEqual([
      "spec.finalizers: name is neither a standard finalizer name nor is it fully qualified",
    ]);
  });
});

const ready = (status: string) => ({ conditions: [{ type: "Ready", status }] });

function moveRange(object: Node): void {
  Object.assign(object.spec, { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] });
}

describe("Node", () => {
  it.each<[string, Sent, Sent]>([
    ["ready", { status: ready("True") }, { Status: "Ready", Roles: "<none>", "Internal-IP": "<none>", "OS-Image": "<unknown>" }],
    ["cordoned", { spec: { unschedulable: true }, status: ready("False") }, { Status: "NotReady,SchedulingDisabled" }],
    ["silent", {}, { Status: "Unknown" }],
    [
      "with roles",
      {
        metadata: {
          labels: { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "x" },
        },
      },
      { Roles: "control-plane,worker,x" },
    ],
  ])("shows one that is %s", (_, sent, expected) => {
    expect(rowOf(node, created(node, sent), now)).toMatchObject(expected);
  });

  it("gives out what it has, and both forms of its range", () => {
    expect(created(node, { spec: { podCIDR: "10.244.0.0/24" }, status: { capacity: { cpu: 2 } } })).toMatchObject({
      spec: { podCIDR: "10.244.0.0/24", podCIDRs: ["10.244.0.0/24"] },
      status: { allocatable: { cpu: "2" } },
    });
  });

  it("refuses a taint twice, a taint without effect, and another range", () => {
    const taint = { key: "a", effect: "NoSchedule" };
    expect(createProblems(node, { spec: { taints: [taint, taint, { key: "b" }] } })).toEqual([
      'metadata.taints[1]: Duplicate value: {"effect":"NoSchedule","key":"a"}: taints must be unique by key and effect pair',
      "metadata.taints[2].effect: Required value",
    ]);
    expect(updateProblems(node, { spec: { podCIDR: "10.244.0.0/24" } }, moveRange)).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });
});

describe("Endpoints", () => {
  const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map((ip) => ({ ip }));
  it.each<[string, Sent, string]>([
    ["none", {}, "<none>"],
    ["some", { subsets: [{ addresses: addresses.slice(0, 2), ports: [{ port: 80 }] }] }, "10.0.0.1:80,10.0.0.2:80"],
    ["many", { subsets: [{ addresses, ports: [{ port: 80 }] }] }, "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more..."],
    ["without ports", { subsets: [{ addresses: [{ ip: "fd00::1" }] }] }, "fd00::1"],
    ["of IPv6", { subsets: [{ addresses: [{ ip: "fd00::1" }], ports: [{ port: 80 }] }] }, "[fd00::1]:80"],
  ])("shows %s", (_, sent, text) => {
    expect(rowOf(endpoints, created(endpoints, sent), now)).toMatchObject({ Endpoints: text });
  });

  it("refuses what no backend can have", () => {
    expect(createProblems(endpoints, { subsets: [{}, { addresses: [{ ip: "127.0.0.1" }], ports: [{ port: 0 }] }] })).toEqual([
      "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
      'subsets[1].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      "subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ]);
  });
});

describe("Event", () => {
  const about = { involvedObject: { kind: "Pod", name: "web", namespace: "default" }, reason: "Pulled", message: " done \n" };
  it.each<[string, Sent, Sent]>([
    [
      "once",
      { firstTimestamp: "2026-01-01T00:00:00Z", lastTimestamp: "2026-01-01T00:08:00Z", source: { component: "kubelet", host: "n1" } },
      { "Last Seen": "2m", "First Seen": "10m", Count: 1, Source: "kubelet, n1", Object: "pod/web", Message: "done" },
    ],
    ["again and again", { count: 5, lastTimestamp: "2026-01-01T00:09:30Z" }, { "Last Seen": "30s", "First Seen": "<unknown>", Count: 5 }],
    [
      "as a series",
      {
        eventTime: "2026-01-01T00:00:00.000000Z",
        series: { count: 7, lastObservedTime: "2026-01-01T00:09:00.000000Z" },
        reportingComponent: "x/y",
        reportingInstance: "z",
      },
      { "Last Seen": "60s", "First Seen": "10m", Count: 7, Source: "x/y, z" },
    ],
  ])("shows what happened %s", (_, parts, expected) => {
    expect(rowOf(event, created(event, { ...about, ...parts }), now)).toMatchObject(expected);
  });

  it("brings its own Name column, among the wide ones", () => {
    expect(event.columns.map(({ name, priority }) => `${name}${priority === 1 ? "*" : ""}`)).toEqual([
      "Last Seen",
      "Type",
      "Reason",
      "Object",
      "Subobject*",
      "Source*",
      "Message",
      "First Seen*",
      "Count*",
      "Name*",
    ]);
  });

  it("lives beside what it is about", () => {
    expect(createProblems(event, { ...about, metadata: { namespace: "other" } })).toEqual([
      'involvedObject.namespace: Invalid value: "default": does not match event.namespace',
    ]);
    expect(updateProblems(event, about, (object: Event) => (object.count = 2))).toEqual([]);
  });
});

it("ServiceAccount: has a name that tokens can carry, and nothing to show but its age", () => {
  expect(createProblems(serviceAccount, { metadata: { name: "A" } })).toHaveLength(1);
  expect(serviceAccount.columns.map(({ name }) => name)).toEqual(["Age"]);
});
