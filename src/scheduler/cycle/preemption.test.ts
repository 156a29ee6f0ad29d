import { describe, expect, test } from "vitest";
import { seededRng } from "../../base/rng.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { aPendingPod, aRoomyNode, aScene } from "../../testing/schedulingScene.ts";
import type { Scene } from "../plugin.ts";
import { defaultPlugins } from "../plugins/registry.ts";
import { podInfoOf } from "../state/podInfo.ts";
import { decide } from "./decide.ts";
import { preempt } from "./preemption.ts";

const pod = (name: string, cpu: string, priority: number, more: Parameters<typeof aPendingPod>[1] = {}): Pod =>
  aPendingPod(name, { requests: { cpu }, ...more, spec: { priority, ...more.spec } });
const on = (node: string, name: string, cpu: string, priority: number): Pod => pod(name, cpu, priority, { node });
const startedOn = (day: number, there: Pod): Pod => ({ ...there, status: { ...there.status, startTime: `2026-01-0${day}T00:00:00Z` } });

function outcome(scene: Scene): string {
  const decision = decide(scene, { plugins: defaultPlugins, rng: seededRng(1), nextNode: 0 });
  if (decision.kind !== "unfit") return decision.kind;
  const preemption = preempt(scene, defaultPlugins, decision.diagnosis);
  if (preemption.kind === "none") return preemption.message;
  return `${preemption.node}: ${preemption.victims.map(({ name }) => name).join(" ")}`;
}

const nodes = [aRoomyNode("a"), aRoomyNode("b")];
const nobody = "no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.";

describe("preemption", () => {
  const cases: [string, Pod, Pod[], string][] = [
    ["a lesser pod goes", pod("p", "5", 10), [on("a", "x", "8", 20), on("b", "y", "8", 5)], "b: y"],
    ["equals stay", pod("p", "5", 10), [on("a", "x", "8", 10), on("b", "y", "8", 10)], nobody],
    [
      "only as many as needed, the least important first",
      pod("p", "4", 10),
      [on("a", "x", "8", 20), on("b", "y", "3", 3), on("b", "z", "3", 1), on("b", "w", "3", 2)],
      "b: z",
    ],
    ["rather the lower of two highest priorities", pod("p", "5", 10), [on("a", "x", "8", 5), on("b", "y", "8", 4)], "b: y"],
    ["rather fewer of the same", pod("p", "8", 10), [on("a", "x", "4", 4), on("a", "x2", "4", 4), on("b", "y", "8", 4)], "b: y"],
    [
      "rather the one that started last",
      pod("p", "5", 10),
      [startedOn(1, on("a", "x", "8", 4)), startedOn(2, on("b", "y", "8", 4))],
      "b: y",
    ],
    [
      "where even an empty node is too small, it is no help",
      pod("p", "11", 10),
      [on("a", "x", "8", 4)],
      "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    ],
    [
      "where the lesser pods don't take enough, the reason is told",
      pod("p", "5", 10),
      [on("a", "x", "8", 20), on("a", "little", "1", 1), on("b", "y", "8", 20)],
      "no new claims to deallocate, preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.",
    ],
    [
      "a polite pod evicts nobody",
      pod("p", "5", 10, { spec: { preemptionPolicy: "Never" } }),
      [on("a", "x", "8", 1), on("b", "y", "8", 1)],
      "no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
    ],
  ];
  test.each(cases)("%s", (_, waiting, pods, expected) => {
    const scene = aScene(waiting, { nodes, pods });
    expect(outcome(scene)).toBe(expected);
    expect(scene.cache.nodes.map(({ pods: there }) => there.size).reduce((a, b) => a + b)).toBe(pods.length);
  });

  test("while a victim is on its way out, no other is sought", () => {
    const leaving = pod("y", "8", 1, { node: "b", deleted: "2026-01-01T00:00:00Z" });
    const scene = aScene(pod("p", "5", 10), { nodes, pods: [on("a", "x", "8", 1), leaving] });
    scene.cache.nominate(scene.info, "b");
    expect(outcome(scene)).toBe("no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.");
  });

  test("the room that was made is kept from lesser pods, and taken by the pod that it was made for", () => {
    const waiting = podInfoOf(pod("p", "8", 10));
    const lesser = aScene(pod("q", "5", 1), { nodes: [aRoomyNode("a")] });
    lesser.cache.nominate(waiting, "a");
    expect(outcome(lesser)).toContain("No preemption victims");
    expect(outcome({ ...lesser, info: podInfoOf(pod("r", "5", 11)) })).toBe("node");
    expect(outcome({ ...lesser, info: waiting })).toBe("node");
    lesser.cache.assume(waiting, "a");
    expect(lesser.cache.nominatedBefore(lesser.info, "a")).toEqual([]);
  });
});
