/** The rules that look at a node and a pod alone: name, cordon, taints, affinity, ports, images. */
import { describe, expect, test } from "vitest";
import type { ClusterEvent } from "../clusterEvent.ts";
import { podInfoOf } from "../state/podInfo.ts";
import { NodeInfo } from "../state/nodeInfo.ts";
import type { Affinity, NodeSelectorTerm, Taint, Toleration } from "../../schema/shapes/core.v1.ts";
import { aPendingPod, aRoomyNode, aScene, scores, verdicts } from "../../testing/schedulingScene.ts";
import { imageLocality } from "./imageLocality.ts";
import { nodeAffinity } from "./nodeAffinity.ts";
import { nodeName } from "./nodeName.ts";
import { nodePorts } from "./nodePorts.ts";
import { nodeUnschedulable } from "./nodeUnschedulable.ts";
import { taintToleration } from "./taintToleration.ts";

const taint = (effect: string, value = "yes"): Taint => ({ key: "reserved", value, effect });
const soft = (key: string): Taint => ({ key, effect: "PreferNoSchedule" });
const required = (...nodeSelectorTerms: NodeSelectorTerm[]): Affinity => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});
const one = (key: string, operator: string, ...values: string[]): NodeSelectorTerm => ({ matchExpressions: [{ key, operator, values }] });
const namesOf = (affinity: Affinity): ReadonlySet<string> | undefined =>
  nodeAffinity.prepareFilter?.(aScene(aPendingPod("p", { spec: { affinity } }), { nodes: [aRoomyNode("c")] }))?.names;
const withPort = (
  name: string,
  port: { hostPort: number; hostIP?: string; protocol?: string },
  node?: string,
): ReturnType<typeof aPendingPod> =>
  aPendingPod(name, {
    ...(node === undefined ? {} : { node }),
    spec: { containers: [{ name: "main", ports: [{ containerPort: 80, ...port }] }] },
  });
const cases: [string, { hostPort: number; hostIP?: string; protocol?: string }, boolean][] = [
  ["the same port", { hostPort: 80 }, false],
  ["another port", { hostPort: 81 }, true],
  ["another protocol", { hostPort: 80, protocol: "UDP" }, true],
  ["any address collides with one", { hostPort: 80, hostIP: "127.0.0.2" }, false],
];

describe("NodeName", () => {
  test("only the named node will do", () => {
    const pod = aPendingPod("p", { node: "b" });
    expect(verdicts(nodeName, aScene(pod, { nodes: [aRoomyNode("a"), aRoomyNode("b")] }))).toEqual({
      a: "node(s) didn't match the requested node name!",
      b: "fits",
    });
  });
});

describe("NodeUnschedulable", () => {
  const cordoned = { ...aRoomyNode("a"), spec: { unschedulable: true } };
  const nodes = [cordoned, aRoomyNode("b")];

  test("cordoned nodes are out, but for pods that tolerate it", () => {
    expect(verdicts(nodeUnschedulable, aScene(aPendingPod("p"), { nodes }))).toEqual({ a: "node(s) were unschedulable!", b: "fits" });
    const tolerant = aPendingPod("p", { spec: { tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] } });
    expect(verdicts(nodeUnschedulable, aScene(tolerant, { nodes }))["a"]).toBe("fits");
  });

  test("uncordoning helps", () => {
    const info = podInfoOf(aPendingPod("p"));
    const event = (node: typeof cordoned): ClusterEvent => ({
      type: "nodeChanged",
      node: new NodeInfo(node),
      changes: new Set(["unschedulable"]),
    });
    expect(nodeUnschedulable.helps?.(event({ ...cordoned, spec: { unschedulable: false } }), info)).toBe(true);
    expect(nodeUnschedulable.helps?.(event(cordoned), info)).toBe(false);
  });
});

describe("TaintToleration", () => {
  const rejected = "node(s) had untolerated taint(s)!";
  const cases: [string, Taint[], Toleration[], string][] = [
    ["no taint", [], [], "fits"],
    ["an untolerated taint", [taint("NoSchedule")], [], rejected],
    ["NoExecute, too", [taint("NoExecute")], [], rejected],
    ["PreferNoSchedule keeps nobody out", [taint("PreferNoSchedule")], [], "fits"],
    ["equal value", [taint("NoSchedule")], [{ key: "reserved", operator: "Equal", value: "yes", effect: "NoSchedule" }], "fits"],
    ["no operator means Equal", [taint("NoSchedule")], [{ key: "reserved", value: "yes" }], "fits"],
    ["another value", [taint("NoSchedule")], [{ key: "reserved", operator: "Equal", value: "no" }], rejected],
    ["another effect", [taint("NoSchedule")], [{ key: "reserved", operator: "Exists", effect: "NoExecute" }], rejected],
    ["Exists without key tolerates all", [taint("NoSchedule"), taint("NoExecute")], [{ operator: "Exists" }], "fits"],
    [
      "all taints must be tolerated",
      [taint("NoSchedule"), { key: "other", effect: "NoSchedule" }],
      [{ key: "other", operator: "Exists" }],
      rejected,
    ],
  ];
  test.each(cases)("%s", (_, taints, tolerations, expected) => {
    const scene = aScene(aPendingPod("p", { spec: { tolerations } }), { nodes: [aRoomyNode("a", { taints })] });
    expect(verdicts(taintToleration, scene)).toEqual({ a: expected });
  });

  test("nodes with fewer untolerated soft taints are preferred", () => {
    const nodes = [
      aRoomyNode("none"),
      aRoomyNode("one", { taints: [soft("x")] }),
      aRoomyNode("two", { taints: [soft("x"), soft("y")] }),
      aRoomyNode("ok", { taints: [soft("z")] }),
    ];
    const pod = aPendingPod("p", { spec: { tolerations: [{ key: "z", operator: "Exists" }] } });
    expect(scores(taintToleration, aScene(pod, { nodes }))).toEqual({ none: 100, one: 50, two: 0, ok: 100 });
  });
});

describe("NodeAffinity", () => {
  const nodes = [
    aRoomyNode("a", { labels: { disk: "ssd", size: "4" } }),
    aRoomyNode("b", { labels: { disk: "hdd", size: "8" } }),
    aRoomyNode("c"),
  ];
  const no = "node(s) didn't match Pod's node affinity/selector!";
  const cases: [string, Affinity, string][] = [
    ["In", required(one("disk", "In", "ssd", "nvme")), "a"],
    ["NotIn also where the label is missing", required(one("disk", "NotIn", "ssd")), "b c"],
    ["Exists", required(one("disk", "Exists")), "a b"],
    ["DoesNotExist", required(one("disk", "DoesNotExist")), "c"],
    ["Gt", required(one("size", "Gt", "5")), "b"],
    ["Lt", required(one("size", "Lt", "5")), "a"],
    ["one of several terms is enough", required(one("disk", "In", "ssd"), one("disk", "DoesNotExist")), "a c"],
    [
      "a term's requirements all hold",
      required({
        matchExpressions: [
          { key: "disk", operator: "Exists" },
          { key: "size", operator: "Gt", values: ["5"] },
        ],
      }),
      "b",
    ],
    ["an empty term matches nothing", required({}), ""],
    ["by name", required({ matchFields: [{ key: "metadata.name", operator: "In", values: ["c"] }] }), "c"],
  ];
  test.each(cases)("%s", (_, affinity, fitting) => {
    const expected = Object.fromEntries(["a", "b", "c"].map((name) => [name, fitting.includes(name) ? "fits" : no]));
    expect(verdicts(nodeAffinity, aScene(aPendingPod("p", { spec: { affinity } }), { nodes }))).toEqual(expected);
  });

  test("a nodeSelector and an affinity must both hold", () => {
    const spec = { nodeSelector: { size: "4" }, affinity: required(one("disk", "Exists")) };
    expect(verdicts(nodeAffinity, aScene(aPendingPod("p", { spec }), { nodes }))).toEqual({ a: "fits", b: no, c: no });
  });

  test("named nodes narrow the search, unless a term names none", () => {
    const named = { matchFields: [{ key: "metadata.name", operator: "In", values: ["c"] }] };
    expect(namesOf(required(named))).toEqual(new Set(["c"]));
    expect(namesOf(required(named, one("disk", "Exists")))).toBeUndefined();
  });

  test("preferences add up and are scaled to the best", () => {
    const preferredDuringSchedulingIgnoredDuringExecution = [
      { weight: 10, preference: one("disk", "In", "ssd") },
      { weight: 30, preference: one("size", "Exists") },
    ];
    const pod = aPendingPod("p", { spec: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution } } } });
    expect(scores(nodeAffinity, aScene(pod, { nodes }))).toEqual({ a: 100, b: 75, c: 0 });
    expect(scores(nodeAffinity, aScene(aPendingPod("p"), { nodes }))).toBeUndefined();
  });
});

describe("NodePorts", () => {
  test.each(cases)("%s", (_, port, fits) => {
    const scene = aScene(withPort("p", port), { nodes: [aRoomyNode("a")], pods: [withPort("q", { hostPort: 80 }, "a")] });
    expect(verdicts(nodePorts, scene)["a"]).toBe(fits ? "fits" : "node(s) didn't have free ports for the requested pod ports");
  });

  test("different addresses share a port; a pod that left frees it", () => {
    const scene = aScene(withPort("p", { hostPort: 80, hostIP: "127.0.0.1" }), {
      nodes: [aRoomyNode("a"), aRoomyNode("b")],
      pods: [withPort("q", { hostPort: 80, hostIP: "127.0.0.2" }, "a"), withPort("r", { hostPort: 80 }, "b")],
    });
    expect(verdicts(nodePorts, scene)).toMatchObject({ a: "fits", b: expect.stringContaining("free ports") });
    scene.cache.removePod("uid-r");
    expect(verdicts(nodePorts, scene)).toEqual({ a: "fits", b: "fits" });
  });
});

describe("ImageLocality", () => {
  const megabyte = 1024 * 1024;
  const withImages = (name: string, ...images: [string, number][]): ReturnType<typeof aRoomyNode> => {
    const node = aRoomyNode(name);
    return { ...node, status: { ...node.status, images: images.map(([image, size]) => ({ names: [image], sizeBytes: size * megabyte })) } };
  };

  test("larger images that are there count, by the share of nodes that have them", () => {
    const nodes = [withImages("big", ["app:latest", 800]), withImages("small", ["app:latest", 20]), withImages("none")];
    const pod = aPendingPod("p", { spec: { containers: [{ name: "main", image: "app" }] } });
    // 800 MB on two of three nodes counts as 533: (533-23)/(1000-23).
    expect(scores(imageLocality, aScene(pod, { nodes }))).toEqual({ big: 52, small: 0, none: 0 });
  });

  test("an image with a registry's port still gets its tag", () => {
    const nodes = [withImages("a", ["host:5000/app:latest", 900])];
    const pod = aPendingPod("p", { spec: { containers: [{ name: "main", image: "host:5000/app" }] } });
    expect(scores(imageLocality, aScene(pod, { nodes }))?.["a"]).toBeGreaterThan(50);
  });
});
