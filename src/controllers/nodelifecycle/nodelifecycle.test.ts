import { describe, expect, it } from "vitest";
import type { Lease } from "../../schema/shapes/coordination.v1.ts";
import type { Node, NodeCondition, Taint } from "../../schema/shapes/core.v1.ts";
import { aMeta, aNode } from "../../testing/objects.ts";
import { EvictionLimiter, noExecutePlan, zonesOf } from "./disruption.ts";
import { feel, isGone, unknownConditions, type Pulse } from "./health.ts";
import { notReadyTaint, taintsFor, unreachableTaint, type NoExecute } from "./taints.ts";

const now = "2026-01-01T00:10:00Z";
const noSchedule = (key: string): Taint => ({ key, effect: "NoSchedule" });
const noExecute = (key: string): Taint => ({ key, effect: "NoExecute" });

const withCondition = (node: Node, condition: NodeCondition): Node => ({
  ...node,
  status: { conditions: [...(node.status?.conditions ?? []), condition] },
});

const lease = (renewTime: string): Lease => ({ metadata: aMeta("n"), spec: { renewTime } });

const beating = (lastHeartbeatTime: string): Node => {
  const node = aNode("n");
  return { ...node, status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime }] } };
};

const nodes = (ready: number, gone: number, zone = "a"): Node[] => [
  ...Array.from({ length: ready }, (_, i) => aNode(`r${zone}${i}`, { zone })),
  ...Array.from({ length: gone }, (_, i) => aNode(`g${zone}${i}`, { zone, ready: "Unknown" })),
];

const decided = (list: readonly Node[], limiter = new EvictionLimiter(), nowMs = 0): number =>
  [...noExecutePlan(list, limiter, nowMs).values()].filter((each) => each === unreachableTaint).length;

describe("taints follow conditions", () => {
  const cordoned: Node = { ...aNode("n"), spec: { unschedulable: true } };
  const foreign: Taint = { key: "team", value: "x", effect: "NoSchedule" };
  const cases: [string, Node, NoExecute, string[] | undefined][] = [
    ["ready: none", aNode("n"), "none", undefined],
    [
      "nothing said yet: the API server's stands",
      { metadata: aMeta("n"), spec: { taints: [noSchedule(notReadyTaint)] } },
      "asIs",
      undefined,
    ],
    [
      "ready again: both go, foreign ones stay",
      aNode("n", { taints: [noSchedule(notReadyTaint), foreign, noExecute(notReadyTaint)] }),
      "none",
      ["team NoSchedule"],
    ],
    ["not ready", aNode("n", { ready: "False" }), "asIs", [`${notReadyTaint} NoSchedule`]],
    ["unknown", aNode("n", { ready: "Unknown" }), "asIs", [`${unreachableTaint} NoSchedule`]],
    [
      "unknown after not ready",
      aNode("n", { ready: "Unknown", taints: [noSchedule(notReadyTaint)] }),
      "asIs",
      [`${unreachableTaint} NoSchedule`],
    ],
    ["cordoned", cordoned, "asIs", ["node.kubernetes.io/unschedulable NoSchedule"]],
    ["uncordoned", aNode("n", { taints: [noSchedule("node.kubernetes.io/unschedulable")] }), "asIs", []],
    [
      "under disk pressure",
      withCondition(aNode("n"), { type: "DiskPressure", status: "True" }),
      "asIs",
      ["node.kubernetes.io/disk-pressure NoSchedule"],
    ],
    [
      "network unavailable",
      withCondition(aNode("n"), { type: "NetworkUnavailable", status: "True" }),
      "asIs",
      ["node.kubernetes.io/network-unavailable NoSchedule"],
    ],
    ["eviction decided", aNode("n", { ready: "False" }), notReadyTaint, [`${notReadyTaint} NoSchedule`, `${notReadyTaint} NoExecute`]],
    [
      "eviction undecided leaves it",
      aNode("n", { ready: "False", taints: [noSchedule(notReadyTaint), noExecute(notReadyTaint)] }),
      "asIs",
      undefined,
    ],
    [
      "eviction swapped",
      aNode("n", { ready: "Unknown", taints: [noSchedule(unreachableTaint), noExecute(notReadyTaint)] }),
      unreachableTaint,
      [`${unreachableTaint} NoSchedule`, `${unreachableTaint} NoExecute`],
    ],
  ];
  it.each(cases)("%s", (_name, node, decided, expected) =>
    expect(taintsFor(node, decided, now)?.map((taint) => `${taint.key} ${taint.effect}`)).toEqual(expected),
  );

  it("new ones say since when", () => expect(taintsFor(aNode("n", { ready: "False" }), "asIs", now)?.[0]?.timeAdded).toBe(now));
});

describe("signs of life", () => {
  const first = feel(beating("1"), lease("a"), undefined, 1000);

  const cases: [string, Pulse, number][] = [
    ["none", feel(beating("1"), lease("a"), first, 9000), 1000],
    ["a renewed lease", feel(beating("1"), lease("b"), first, 9000), 9000],
    ["a heartbeat", feel(beating("2"), lease("a"), first, 9000), 9000],
    ["another node of the same name", feel({ ...beating("1"), metadata: aMeta("n", { uid: "other" }) }, lease("a"), first, 9000), 9000],
    ["a lease that vanished is none", feel(beating("1"), undefined, first, 9000), 1000],
  ];
  it.each(cases)("%s", (_name, pulse, seenAtMs) => expect(pulse.seenAtMs).toBe(seenAtMs));

  const grace = { monitorGraceMs: 50_000, startupGraceMs: 60_000 };
  it("a node that posted is gone after the grace period", () => {
    expect(isGone(beating("1"), first, grace, 51_000)).toBe(false);
    expect(isGone(beating("1"), first, grace, 51_001)).toBe(true);
  });
  it("a node that never posted is given longer, from its creation", () => {
    const silent: Node = { metadata: aMeta("n", { created: "1970-01-01T00:00:10Z" }), spec: {} };
    const pulse = feel(silent, undefined, undefined, 30_000);
    expect(isGone(silent, pulse, grace, 70_000)).toBe(false);
    expect(isGone(silent, pulse, grace, 70_001)).toBe(true);
  });
});

describe("a node that is gone", () => {
  it("has its kubelet's conditions Unknown, in upstream's words", () => {
    const conditions = unknownConditions(
      {
        ...aNode("n"),
        status: {
          conditions: [
            { type: "Ready", status: "True" },
            { type: "NetworkUnavailable", status: "False" },
          ],
        },
      },
      now,
    );
    expect(conditions?.map((c) => `${c.type} ${c.status} ${c.reason ?? ""} ${c.message ?? ""}`)).toEqual([
      "Ready Unknown NodeStatusUnknown Kubelet stopped posting node status.",
      "NetworkUnavailable False  ",
      "MemoryPressure Unknown NodeStatusNeverUpdated Kubelet never posted node status.",
      "DiskPressure Unknown NodeStatusNeverUpdated Kubelet never posted node status.",
      "PIDPressure Unknown NodeStatusNeverUpdated Kubelet never posted node status.",
    ]);
    expect(conditions?.[0]?.lastTransitionTime).toBe(now);
  });
  it("is not written twice", () => {
    const conditions = unknownConditions(aNode("n"), now) ?? [];
    expect(unknownConditions({ ...aNode("n"), status: { conditions } }, now)).toBeUndefined();
  });
});

describe("evictions are held back", () => {
  const states: [number, number, string][] = [
    [5, 0, "Normal"],
    [3, 2, "Normal"],
    [0, 1, "FullDisruption"],
    [2, 3, "PartialDisruption"],
    [4, 3, "Normal"],
  ];
  it.each(states)("%i ready and %i gone are %s", (ready, gone, state) => expect(zonesOf(nodes(ready, gone)).get(":a")?.state).toBe(state));

  it("one node at a time, the next ten seconds later", () => {
    const limiter = new EvictionLimiter();
    expect(decided(nodes(3, 2), limiter, 0)).toBe(1);
    expect(decided(nodes(3, 2), limiter, 9_000)).toBe(1);
    expect(decided(nodes(3, 2), limiter, 10_001)).toBe(2);
    limiter.forget("ga0");
    expect(decided(nodes(3, 2), limiter, 11_000)).toBe(1);
  });
  it("each zone on its own", () => expect(decided([...nodes(3, 2), ...nodes(3, 2, "b")])).toBe(2));
  it("not at all when most of a small zone is gone", () => expect(decided([...nodes(2, 3), ...nodes(3, 0, "b")])).toBe(0));
  it("a whole zone is evicted as long as another stands", () => expect(decided([...nodes(0, 2), ...nodes(3, 0, "b")])).toBe(1));
  it("nothing when all is gone, and what was decided is taken back", () => {
    const tainted = aNode("t", { ready: "Unknown", taints: [noExecute(unreachableTaint)], zone: "a" });
    const plan = noExecutePlan([tainted, ...nodes(0, 3)], new EvictionLimiter(), 0);
    expect([...new Set(plan.values())]).toEqual(["none"]);
  });
  it("what was decided stays, and changes its name without waiting", () => {
    const swapped = aNode("t", { ready: "Unknown", taints: [noExecute(notReadyTaint)], zone: "a" });
    const limiter = new EvictionLimiter();
    limiter.admits("another", ":a", 0.1, 0);
    expect(noExecutePlan([swapped, ...nodes(4, 0)], limiter, 0).get(swapped)).toBe(unreachableTaint);
  });
  it("a node without any condition is left as it is", () => {
    const silent: Node = { metadata: aMeta("n"), spec: {} };
    expect(noExecutePlan([silent, ...nodes(2, 0)], new EvictionLimiter(), 0).get(silent)).toBe("asIs");
  });
});
