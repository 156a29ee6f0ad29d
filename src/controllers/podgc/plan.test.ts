import { describe, expect, it } from "vitest";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import { aNode, aPod } from "../../testing/objects.ts";
import { missingNodes, plan } from "./plan.ts";

const deleted = "2026-01-01T00:00:00Z";
const outOfService = { key: "node.kubernetes.io/out-of-service", effect: "NoExecute" };
const nodes: Record<string, Node> = {
  up: aNode("up"),
  down: aNode("down", { ready: "Unknown", taints: [outOfService] }),
  tainted: aNode("tainted", { taints: [outOfService] }),
};
const nodeOf = (name: string): Node | undefined => nodes[name];
const due = (pods: readonly Pod[], terminatedThreshold = 12_500, gone: string[] = []): string[] =>
  [...plan({ pods, nodeOf, terminatedThreshold, goneNodes: new Set(gone) })].map(([pod, reason]) => `${pod.metadata.name} ${reason}`);

describe("which pods go", () => {
  const cases: [string, Pod, string[], string[]][] = [
    ["running", aPod("p", { node: "up" }), [], []],
    ["pending", aPod("p", { phase: "Pending" }), [], []],
    ["terminating, never scheduled", aPod("p", { deleted }), [], ["p unscheduled"]],
    ["terminating on its node", aPod("p", { node: "up", deleted }), [], []],
    ["on a node that may be missing", aPod("p", { node: "gone" }), [], []],
    ["on a node that is gone", aPod("p", { node: "gone" }), ["gone"], ["p orphaned"]],
    ["terminating out of service", aPod("p", { node: "down", deleted }), [], ["p outOfService"]],
    ["running out of service", aPod("p", { node: "down" }), [], []],
    ["terminating on a tainted node that is up", aPod("p", { node: "tainted", deleted }), [], []],
  ];
  it.each(cases)("%s", (_name, pod, gone, expected) => expect(due([pod], 12_500, gone)).toEqual(expected));
});

describe("finished pods", () => {
  const finished = [
    aPod("young", { phase: "Succeeded", node: "up", created: "2026-01-03T00:00:00Z" }),
    aPod("old", { phase: "Failed", node: "up", created: "2026-01-01T00:00:00Z" }),
    aPod("evicted", { phase: "Failed", node: "up", created: "2026-01-04T00:00:00Z", status: { reason: "Evicted" } }),
    aPod("middle", { phase: "Succeeded", node: "up", created: "2026-01-02T00:00:00Z" }),
    aPod("running", { node: "up" }),
  ];
  it.each([
    [4, []],
    [3, ["evicted terminated"]],
    [1, ["evicted terminated", "old terminated", "middle terminated"]],
    [0, []],
  ])("above %i the evicted go first, then the oldest", (threshold, expected) => expect(due(finished, threshold)).toEqual(expected));
});

it("nodes that pods name and that nobody knows are missing", () => {
  const pods = [aPod("a", { node: "up" }), aPod("b", { node: "gone" }), aPod("c", { node: "gone" }), aPod("d")];
  expect([...missingNodes({ pods, nodeOf })]).toEqual(["gone"]);
});
