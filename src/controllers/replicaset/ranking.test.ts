import { describe, expect, test } from "vitest";
import { rfc3339 } from "../../machinery/time.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { aPod, type PodParts } from "../../testing/objects.ts";
import { podsToDelete } from "./ranking.ts";

const nowMs = Date.UTC(2026, 0, 2);
const ago = (seconds: number): string => rfc3339(nowMs - seconds * 1000);

const readyFor = (seconds: number): PodParts => ({
  node: "n1",
  status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: ago(seconds) }] },
});
const restarted = (restartCount: number): NonNullable<PodParts["status"]> => ({
  containerStatuses: [{ name: "main", restartCount, ready: false, image: "", imageID: "" }],
});
const costing = (cost: string): PodParts => ({ node: "n1", annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } });

const choose = (pods: readonly Pod[]): string[] =>
  podsToDelete({ pods, related: [], count: 1, minReadySeconds: 30, nowMs }).map((pod) => pod.metadata.name);
const on = (name: string, node: string, parts: PodParts = {}): Pod => aPod(name, { node, uid: name, ...parts });

describe("which of two pods goes first", () => {
  test.each<[string, PodParts, PodParts]>([
    ["unassigned before assigned", { ready: false }, { node: "n1", ready: false }],
    ["pending before running", { node: "n1", phase: "Pending", ready: false }, { node: "n1", ready: false }],
    ["unknown before running", { node: "n1", phase: "Unknown", ready: false }, { node: "n1", ready: false }],
    ["not ready before ready", { node: "n1", ready: false }, { node: "n1" }],
    ["ready but not available before available", readyFor(12), readyFor(50)],
    ["the cheaper by annotation", costing("-5"), costing("10")],
    ["an unreadable cost counts as 0", costing("0x1"), costing("1")],
    ["ready for a shorter time, by order of magnitude", readyFor(40), readyFor(5000)],
    [
      "restarted more often",
      { node: "n1", ready: false, status: { ...restarted(7), conditions: [] } },
      { node: "n1", ready: false, status: { ...restarted(2), conditions: [] } },
    ],
    ["younger", { node: "n1", ready: false, created: ago(10) }, { node: "n1", ready: false, created: ago(9000) }],
    ["of the same magnitude: the smaller uid", { node: "n1", uid: "a", created: ago(11) }, { node: "n1", uid: "b", created: ago(15) }],
  ])("%s", (_name, first, second) => {
    const pods = [aPod("first", first), aPod("second", second)];
    expect(choose(pods)).toEqual(["first"]);
    expect(choose(pods.toReversed())).toEqual(["first"]);
  });

  test("the node with most of the workload's pods gives first; pods that are going don't count", () => {
    const pods = [on("a", "n1"), on("b", "n2"), on("c", "n2")];
    const related = [...pods, on("x", "n1", { deleted: ago(1) }), on("y", "n1", { phase: "Failed" })];
    const chosen = podsToDelete({ pods, related, count: 1, minReadySeconds: 0, nowMs });
    expect(chosen.map((pod) => pod.metadata.name)).toEqual(["b"]);
  });
});
