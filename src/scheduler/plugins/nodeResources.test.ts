import { describe, expect, test } from "vitest";
import { aPendingPod, aRoomyNode, aScene, scores, verdicts } from "../../testing/schedulingScene.ts";
import type { PodSpec } from "../../schema/shapes/core.v1.ts";
import { requestsOf } from "../state/resources.ts";
import { nodeResourcesBalancedAllocation } from "./nodeResourcesBalancedAllocation.ts";
import { nodeResourcesFit } from "./nodeResourcesFit.ts";

const container = (cpu: string, restartPolicy?: string): PodSpec["containers"][number] => ({
  name: "c",
  resources: { requests: { cpu } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});
const busy = (name: string, requests: Record<string, string>): ReturnType<typeof aPendingPod> => aPendingPod(name, { node: "n", requests });

describe("what a pod asks for", () => {
  const cases: [string, PodSpec, number][] = [
    ["containers together", { containers: [container("1"), container("500m")] }, 1500],
    ["or the largest init container", { containers: [container("1")], initContainers: [container("3"), container("2")] }, 3000],
    [
      "sidecars stay with the containers",
      { containers: [container("1")], initContainers: [container("500m", "Always"), container("800m")] },
      1500,
    ],
    [
      "an init container runs beside the sidecars before it",
      { containers: [container("1")], initContainers: [container("1", "Always"), container("2"), container("1", "Always")] },
      3000,
    ],
    ["overhead on top", { containers: [container("1")], overhead: { cpu: "100m" } }, 1100],
    ["the pod's own requests win", { containers: [container("1")], resources: { requests: { cpu: "700m" } } }, 700],
  ];
  test.each(cases)("%s", (_, spec, milli) => {
    expect(requestsOf(aPendingPod("p", { spec })).get("cpu")).toBe(milli);
  });
});

describe("what a pod counts for while it is resized", () => {
  const resized = (asks: string, granted: string, has: string, reason?: string): number => {
    const pod = aPendingPod("p", { spec: { containers: [container(asks)] } });
    const own = { name: "c", image: "x", imageID: "", ready: true, restartCount: 0 };
    const conditions = reason === undefined ? [] : [{ type: "PodResizePending", status: "True", reason }];
    const containerStatuses = [{ ...own, allocatedResources: { cpu: granted }, resources: { requests: { cpu: has } } }];
    return requestsOf({ ...pod, status: { conditions, containerStatuses } }).get("cpu");
  };

  test.each<[string, number, number]>([
    ["the larger of what it asks for", resized("3", "1", "1"), 3000],
    ["what it was granted", resized("1", "2", "1"), 2000],
    ["and what it has", resized("1", "1", "4"), 4000],
    ["deferred ones may still come", resized("3", "1", "1", "Deferred"), 3000],
    ["infeasible ones not", resized("300", "1", "2", "Infeasible"), 2000],
  ])("%s", (_, milli, wanted) => expect(milli).toBe(wanted));
});

describe("NodeResourcesFit", () => {
  const cases: [string, Record<string, string>, Record<string, string>, string][] = [
    ["what fits exactly", { cpu: "6" }, { cpu: "4" }, "fits"],
    ["too little left", { cpu: "6" }, { cpu: "4001m" }, "Insufficient cpu"],
    ["more than the node has", { cpu: "6" }, { cpu: "11" }, "Insufficient cpu!"],
    [
      "all shortages, well-known ones first",
      { cpu: "9", memory: "31Gi" },
      { "example.com/gpu": "1", memory: "2Gi", cpu: "2" },
      "Insufficient cpu, Insufficient memory, Insufficient example.com/gpu!",
    ],
    ["a request of nothing always fits", { cpu: "12" }, {}, "fits"],
    ["a request of zero, too", { cpu: "12" }, { cpu: "0" }, "fits"],
  ];
  test.each(cases)("%s", (_, used, asked, expected) => {
    const scene = aScene(aPendingPod("p", { requests: asked }), { nodes: [aRoomyNode("n")], pods: [busy("q", used)] });
    expect(verdicts(nodeResourcesFit, scene)["n"]).toBe(expected);
  });

  test("nodes take so many pods", () => {
    const scene = aScene(aPendingPod("p"), { nodes: [aRoomyNode("n", { allocatable: { pods: "1" } })], pods: [busy("q", {})] });
    expect(verdicts(nodeResourcesFit, scene)["n"]).toBe("Too many pods");
  });

  test("emptier nodes are preferred; a pod that asks for nothing counts as a little", () => {
    const pods = [aPendingPod("q", { node: "half", requests: { cpu: "5", memory: "16Gi" } }), aPendingPod("r", { node: "idle" })];
    const nodes = [aRoomyNode("empty"), aRoomyNode("half"), aRoomyNode("idle")];
    expect(scores(nodeResourcesFit, aScene(aPendingPod("p", { requests: { cpu: "1", memory: "3200Mi" } }), { nodes, pods }))).toEqual({
      empty: 90,
      half: 40,
      idle: 89,
    });
  });

  test("a pod that left helps when there is room now", () => {
    const scene = aScene(aPendingPod("p", { requests: { cpu: "5" } }), { nodes: [aRoomyNode("n")], pods: [busy("q", { cpu: "6" })] });
    const node = scene.cache.node("n");
    const event = { type: "podLeft", pod: aPendingPod("x"), node } as const;
    expect(nodeResourcesFit.helps?.(event, scene.info)).toBe(false);
    scene.cache.removePod("uid-q");
    expect(nodeResourcesFit.helps?.(event, scene.info)).toBe(true);
  });
});

describe("NodeResourcesBalancedAllocation", () => {
  test("similar shares of cpu and memory are preferred", () => {
    const nodes = [
      aRoomyNode("even", { allocatable: { cpu: "10", memory: "10Gi" } }),
      aRoomyNode("odd", { allocatable: { cpu: "10", memory: "50Gi" } }),
    ];
    const pod = aPendingPod("p", { requests: { cpu: "5", memory: "5Gi" } });
    expect(scores(nodeResourcesBalancedAllocation, aScene(pod, { nodes }))).toEqual({ even: 100, odd: 80 });
  });

  test("a pod that asks for nothing has no wish", () => {
    expect(scores(nodeResourcesBalancedAllocation, aScene(aPendingPod("p"), { nodes: [aRoomyNode("a")] }))).toBeUndefined();
  });
});
