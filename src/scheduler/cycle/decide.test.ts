import { describe, expect, test } from "vitest";
import { seededRng } from "../../base/rng.ts";
import { parseLabelSelector } from "../../machinery/selectors.ts";
import type { PodAffinityTerm } from "../../schema/shapes/core.v1.ts";
import { aPendingPod, aRoomyNode, aScene } from "../../testing/schedulingScene.ts";
import { defaultPlugins } from "../plugins/registry.ts";
import { podInfoOf } from "../state/podInfo.ts";
import { type Decider, decide, feasibleToFind } from "./decide.ts";

const decider = (seed = 1): Decider => ({ plugins: defaultPlugins, rng: seededRng(seed), nextNode: 0 });
const nodes = (count: number): ReturnType<typeof aRoomyNode>[] =>
  Array.from({ length: count }, (_, i) => aRoomyNode(`n${i}`, { zone: `z${i % 3}` }));

/** Thirty decisions in a row. */
function chosen(seed: number): string[] {
  const one = decider(seed);
  const scene = aScene(aPendingPod("p"), { nodes: nodes(10) });
  return Array.from({ length: 30 }, () => {
    const decision = decide(scene, one);
    return decision.kind === "node" ? decision.node.name : decision.kind;
  });
}

describe("deciding", () => {
  test.each([
    [5, 5],
    [99, 99],
    [100, 100],
    [500, 230],
    [1000, 420],
    [6000, 300],
    [10_000, 500],
  ])("of %i nodes, %i that fit are enough", (count, enough) => {
    expect(feasibleToFind(count)).toBe(enough);
  });

  test("equals are chosen among by chance, the same for the same seed", () => {
    expect(chosen(3)).toEqual(chosen(3));
    expect(new Set(chosen(3)).size).toBeGreaterThan(5);
  });

  test("siblings go to different nodes and zones", () => {
    const labels = { app: "web" };
    const scene = aScene(aPendingPod("p", { labels }), { nodes: nodes(6), siblings: [parseLabelSelector("app=web")] });
    const one = decider();
    const used: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      const decision = decide(scene, one);
      if (decision.kind !== "node") throw new Error("no node");
      used.push(decision.node.name);
      scene.cache.assume(podInfoOf(aPendingPod(`p${i}`, { labels })), decision.node.name);
    }
    expect(new Set(used).size).toBe(6);
  });

  /** Counted in looks at pods, not in seconds: a decision must not walk the pods of the cluster. */
  test("a decision asks each node, never each pod, also with affinity and spreading", () => {
    const labels = { app: "web" };
    const term: PodAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: labels } };
    const affinity = { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] } };
    const scene = aScene(aPendingPod("p", { labels, spec: { affinity } }), { nodes: nodes(50), siblings: [parseLabelSelector("app=web")] });
    let looks = 0;
    const one = decider();
    const place = (i: number): number => {
      const before = looks;
      const decision = decide(scene, one);
      if (decision.kind !== "node") throw new Error("no node");
      const pod = aPendingPod(`p${i}`, { labels, spec: { affinity } });
      Object.defineProperty(pod.metadata, "labels", { get: () => ((looks += 1), labels) });
      scene.cache.assume(podInfoOf(pod), decision.node.name);
      return looks - before;
    };
    const early = place(0) + place(1);
    for (let i = 2; i < 1998; i += 1) place(i);
    expect(place(1998) + place(1999)).toBeLessThanOrEqual(early + 10);
  });
});
