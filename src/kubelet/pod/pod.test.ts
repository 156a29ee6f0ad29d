import { describe, expect, test } from "vitest";
import type { Container, Pod, PodSpec } from "../../schema/shapes/core.v1.ts";
import { aPod } from "../../testing/objects.ts";
import { withDefaultTag, defaultPullPolicy } from "../images/imageName.ts";
import { refusalOf } from "../node/admission.ts";
import { containerConfig } from "./containerConfig.ts";
import { expand } from "./expand.ts";
import { fieldValue, resourceValue } from "./fieldRefs.ts";
import { dnsOf, hostnameOf } from "./identity.ts";
import { cgroupOf, podRequests, qosClass } from "./resources.ts";
import { restartsAfter } from "./restarts.ts";
import { serviceVariables } from "./serviceLinks.ts";

const container = (parts: Partial<Container> = {}): Container => ({ name: "main", image: "main:1", ...parts });
const pod = (spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod => aPod("web", { labels, spec });
const wants = (cpu: string, memory = "0"): Container["resources"] => ({ requests: { cpu, memory } });
const service = (name: string, namespace: string, clusterIP: string): Parameters<typeof serviceVariables>[1][number] => ({
  metadata: { name, namespace },
  spec: { clusterIP, ports: [{ port: 80 }] },
});
const requiring = (...matchExpressions: { key: string; operator: string; values?: string[] }[]): Partial<PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } },
});
const facts = { podIp: "10.244.1.2", hostIp: "192.168.0.1", allocatable: { cpu: "4", memory: "8Gi" } };

test.each([
  ["$(A)", "1"],
  ["x$(A)y$(B)", "x1y2"],
  ["$(NO)", "$(NO)"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$1"],
  ["$A $", "$A $"],
  ["$(A", "$(A"],
  ["100%", "100%"],
])("expand %s -> %s", (text, wanted) => {
  expect(expand(text, (name) => ({ A: "1", B: "2" })[name])).toBe(wanted);
});

describe("the downward API", () => {
  test.each([
    ["metadata.name", "web"],
    ["metadata.namespace", "default"],
    ["metadata.labels['app']", "shop"],
    ["metadata.labels['none']", ""],
    ["metadata.labels", 'app="shop"\nnote="a \\"b\\""'],
    ["status.podIP", "10.244.1.2"],
    ["status.hostIP", "192.168.0.1"],
  ])("%s", (path, wanted) => {
    expect(fieldValue(pod({}, { note: 'a "b"', app: "shop" }), path, facts)).toBe(wanted);
  });

  test("an unknown field is an error", () => {
    expect(() => fieldValue(pod(), "spec.nothing", facts)).toThrow("unsupported fieldPath: spec.nothing");
  });

  test.each([
    [{ resource: "limits.cpu" }, "2"],
    [{ resource: "limits.cpu", divisor: "1m" }, "1500"],
    [{ resource: "requests.memory", divisor: "1Mi" }, "64"],
    [{ resource: "requests.cpu" }, "2"],
    [{ resource: "limits.memory", containerName: "bare", divisor: "1Gi" }, "8"],
    [{ resource: "requests.memory", containerName: "bare" }, "0"],
  ])("resource %j", (selector, wanted) => {
    const own = container({ resources: { limits: { cpu: "1500m" }, requests: { memory: "64Mi" } } });
    expect(resourceValue(pod({ containers: [own, container({ name: "bare" })] }), selector, own, facts)).toBe(wanted);
  });
});

describe("resources", () => {
  test("a pod asks for its sum, or for its hungriest moment of initialisation", () => {
    const spec = {
      containers: [container({ resources: wants("100m", "10Mi") }), container({ name: "b", resources: wants("200m") })],
      initContainers: [
        container({ name: "proxy", restartPolicy: "Always", resources: wants("50m") }),
        container({ name: "migrate", resources: wants("1") }),
      ],
    };
    expect(Object.fromEntries(podRequests(pod(spec)))).toEqual({ cpu: 1050, memory: 10 << 20 });
    expect(podRequests(pod({ ...spec, initContainers: [], overhead: { cpu: "10m" } })).get("cpu")).toBe(310);
  });

  test.each([
    [undefined, "BestEffort"],
    [{ requests: { cpu: "1" } }, "Burstable"],
    [{ limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
    [{ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } }, "Burstable"],
    [{ limits: { cpu: "1" } }, "Burstable"],
    [{ requests: { cpu: "0" } }, "BestEffort"],
  ] as const)("quality of service of %j: %s", (resources, wanted) => {
    expect(qosClass(pod({ containers: [container({ resources })] }))).toBe(wanted);
  });

  test.each([
    [
      { limits: { cpu: "200m", memory: "10Mi" } },
      { cpuShares: 204, cpuQuotaMillis: 200, memoryLimitBytes: 10 << 20, oomScoreAdj: -997, memoryRequestBytes: 10 << 20 },
    ],
    [
      { requests: { memory: "1Gi" } },
      { cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, oomScoreAdj: 875, memoryRequestBytes: 2 ** 30 },
    ],
    [{}, { cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, oomScoreAdj: 1000 }],
  ])("cgroup of %j", (resources, wanted) => {
    const own = container({ resources });
    expect(cgroupOf(pod({ containers: [own] }), own, 8 * 2 ** 30)).toEqual(wanted);
  });
});

test.each([
  ["Always", {}, 0, true],
  ["OnFailure", {}, 0, false],
  ["OnFailure", {}, 1, true],
  ["Never", {}, 1, false],
  ["Never", { restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }] }, 42, true],
  ["Never", { restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "NotIn", values: [42] } }] }, 42, false],
  ["Always", { restartPolicy: "Never" }, 1, false],
] as const)("restartPolicy %s with %j after exit code %d: %s", (restartPolicy, parts, exitCode, wanted) => {
  const own = container(parts as Partial<Container>);
  expect(restartsAfter(pod({ restartPolicy, containers: [own] }), own, exitCode)).toBe(wanted);
});

describe("names", () => {
  const dns = { clusterDns: "10.96.0.10", clusterDomain: "cluster.local", host: { servers: ["1.1.1.1"], searches: ["corp"], options: [] } };
  test.each([
    [{}, { hostname: "web", fqdn: undefined }],
    [
      { hostname: "a", subdomain: "b" },
      { hostname: "a", fqdn: "a.b.default.svc.cluster.local" },
    ],
    [
      { subdomain: "b", setHostnameAsFQDN: true },
      { hostname: "web.b.default.svc.cluster.local", fqdn: "web.b.default.svc.cluster.local" },
    ],
  ])("hostname of %j", (spec, wanted) => {
    expect(hostnameOf(pod(spec), "cluster.local")).toEqual(wanted);
  });

  test("a long name is cut to a legal hostname", () => {
    const long = { ...pod(), metadata: { name: `${"a".repeat(62)}-b` } };
    expect(hostnameOf(long, "cluster.local").hostname).toBe("a".repeat(62));
  });

  test.each([
    [{}, ["10.96.0.10"], ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp"], ["ndots:5"]],
    [{ dnsPolicy: "Default" }, ["1.1.1.1"], ["corp"], []],
    [{ hostNetwork: true }, ["1.1.1.1"], ["corp"], []],
    [
      {
        dnsPolicy: "None",
        dnsConfig: { nameservers: ["9.9.9.9"], searches: ["x"], options: [{ name: "ndots", value: "2" }, { name: "edns0" }] },
      },
      ["9.9.9.9"],
      ["x"],
      ["ndots:2", "edns0"],
    ],
    [
      { dnsConfig: { options: [{ name: "ndots", value: "1" }] } },
      ["10.96.0.10"],
      ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp"],
      ["ndots:1"],
    ],
  ])("resolver of %j", (spec, servers, searches, options) => {
    expect(dnsOf(pod(spec), dns)).toEqual({ servers, searches, options });
  });
});

test("service links leave out headless Services, and all but kubernetes when they are off", () => {
  const services = [
    service("my-db", "default", "10.96.0.3"),
    service("head", "default", "None"),
    service("kubernetes", "default", "10.96.0.1"),
  ];
  expect(Object.fromEntries(serviceVariables(pod(), services))).toMatchObject({
    MY_DB_SERVICE_HOST: "10.96.0.3",
    MY_DB_SERVICE_PORT: "80",
    MY_DB_PORT: "tcp://10.96.0.3:80",
    MY_DB_PORT_80_TCP_PROTO: "tcp",
  });
  const without = serviceVariables({ ...pod({ enableServiceLinks: false }), metadata: { name: "web", namespace: "other" } }, services);
  expect([...without.keys()].every((name) => name.startsWith("KUBERNETES_"))).toBe(true);
  expect(without.get("KUBERNETES_SERVICE_HOST")).toBe("10.96.0.1");
});

test.each([
  [{}, {}, { runAsUser: undefined, supplementalGroups: [], seccomp: "", noNewPrivileges: false }],
  [
    { runAsUser: 1, fsGroup: 5, seccompProfile: { type: "RuntimeDefault" } },
    { runAsUser: 2 },
    { runAsUser: 2, supplementalGroups: [5], seccomp: "RuntimeDefault" },
  ],
  [
    {},
    { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    { noNewPrivileges: true, capabilities: { add: [], drop: ["ALL"] } },
  ],
])("security of pod %j and container %j", (ofPod, own, wanted) => {
  const c = container({ securityContext: own });
  const image = { ref: "r", source: "local" as const, sizeBytes: 1, user: "" };
  const config = containerConfig(pod({ containers: [c], securityContext: ofPod }), c, {
    attempt: 0,
    image,
    env: [],
    mounts: [],
    capacityBytes: 1,
  });
  expect(config.security).toMatchObject(wanted);
});

test.each([
  ["catalogue", "10Mi", 74 << 20],
  ["catalogue", undefined, 0],
  ["registry", "10Mi", 10 << 20],
] as const)("memory limit of an image from %s whose pod says %s", (source, memory, wanted) => {
  const c = container({ resources: memory === undefined ? {} : { limits: { memory } } });
  const image = { ref: "r", source, sizeBytes: 1, user: "" };
  const config = containerConfig(pod({ containers: [c] }), c, { attempt: 0, image, env: [], mounts: [], capacityBytes: 1 });
  expect(config.resources.memoryLimitBytes).toBe(wanted);
});

test.each([
  ["nginx", "nginx:latest", "Always"],
  ["nginx:1.9.14", "nginx:1.9.14", "IfNotPresent"],
  ["localhost:5000/a/b", "localhost:5000/a/b:latest", "Always"],
  [`a@sha256:${"0".repeat(64)}`, `a@sha256:${"0".repeat(64)}`, "IfNotPresent"],
  ["Bad Name", undefined, "Always"],
])("image %s", (image, named, policy) => {
  expect(withDefaultTag(image)).toBe(named);
  expect(defaultPullPolicy(image)).toBe(policy);
});

describe("admission", () => {
  const scene = { nodeName: "node-1", labels: { disk: "ssd", size: "5" }, allocatable: { cpu: "1", memory: "1Gi", pods: "2" }, others: [] };
  test.each([
    [{}, undefined],
    [{ nodeSelector: { disk: "hdd" } }, "NodeAffinity"],
    [requiring({ key: "disk", operator: "In", values: ["ssd", "nvme"] }), undefined],
    [requiring({ key: "disk", operator: "NotIn", values: ["ssd"] }), "NodeAffinity"],
    [requiring({ key: "size", operator: "Gt", values: ["4"] }), undefined],
    [requiring({ key: "gpu", operator: "Exists" }), "NodeAffinity"],
    [requiring({ key: "gpu", operator: "DoesNotExist" }), undefined],
    [{ containers: [container({ resources: { requests: { memory: "2Gi" } } })] }, "OutOfmemory"],
    [{ containers: [container({ resources: { requests: { "example.com/gpu": "1" } } })] }, "OutOfexample.com/gpu"],
  ])("%j: %s", (spec, wanted) => {
    expect(refusalOf(pod(spec), scene)?.reason).toBe(wanted);
  });

  test.each([
    ["Strict", true, undefined],
    ["Strict", false, "SupplementalGroupsPolicy=Strict is not supported in this node"],
    ["Strict", undefined, "SupplementalGroupsPolicy=Strict is not supported in this node"],
    ["Merge", undefined, undefined],
    [undefined, undefined, undefined],
  ])("groups' policy %s where honouring it is %s", (policy, supplementalGroupsPolicy, message) => {
    const asked = pod({ securityContext: { supplementalGroupsPolicy: policy } });
    expect(refusalOf(asked, { ...scene, supplementalGroupsPolicy })?.message).toBe(message);
  });

  test("counts pods", () => {
    expect(refusalOf(pod(), { ...scene, others: [new Map(), new Map()] })).toEqual({
      reason: "OutOfpods",
      message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    });
  });
});

test.each([
  [[{ name: "net.ipv4.tcp_keepalive_time", value: "1" }], {}, undefined],
  [[{ name: "kernel/shm_rmid_forced", value: "1" }], {}, undefined],
  [[{ name: "kernel.msgmax", value: "1" }], {}, 'forbidden sysctl: "kernel.msgmax" not allowlisted'],
  [
    [{ name: "net.ipv4.tcp_syncookies", value: "1" }],
    { hostNetwork: true },
    'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
  ],
  [
    [{ name: "kernel.shm_rmid_forced", value: "1" }],
    { hostIPC: true },
    'forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
  ],
])("sysctls %j with %j", (sysctls, spec, message) => {
  const scene = { nodeName: "n", labels: {}, allocatable: {}, others: [] };
  expect(refusalOf(pod({ ...spec, securityContext: { sysctls } }), scene)?.message).toBe(message);
});
