/** The rules that look at other pods: spreading and (anti-)affinity. */
import { describe, expect, test } from "vitest";
import { parseLabelSelector } from "../../machinery/selectors.ts";
import type { Affinity, Pod, PodAffinityTerm, TopologySpreadConstraint } from "../../schema/shapes/core.v1.ts";
import { aPendingPod, aRoomyNode, aScene, scores, verdicts } from "../../testing/schedulingScene.ts";
import { interPodAffinity } from "./interPodAffinity.ts";
import { podTopologySpread } from "./podTopologySpread.ts";

const zone = "topology.kubernetes.io/zone";
const nodes = [aRoomyNode("a1", { zone: "a" }), aRoomyNode("a2", { zone: "a" }), aRoomyNode("b1", { zone: "b" }), aRoomyNode("x")];
const labels = { app: "web" };
const web = (name: string, node: string): Pod => aPendingPod(name, { node, labels });
const selector = { matchLabels: labels };

describe("PodTopologySpread as a rule", () => {
  const spread = (constraint: Partial<TopologySpreadConstraint>, more: Parameters<typeof aPendingPod>[1] = {}): Pod =>
    aPendingPod("p", {
      labels,
      ...more,
      spec: {
        ...more.spec,
        topologySpreadConstraints: [
          { topologyKey: zone, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", labelSelector: selector, ...constraint },
        ],
      },
    });
  const uneven = "node(s) didn't match pod topology spread constraints";
  const unlabelled = "node(s) didn't match pod topology spread constraints (missing required label)!";
  const cases: [string, Pod, Pod[], Record<string, string>][] = [
    ["no pods yet: anywhere with the label", spread({}), [], { a1: "fits", a2: "fits", b1: "fits", x: unlabelled }],
    ["the fuller zone is out", spread({}), [web("1", "a1")], { a1: uneven, a2: uneven, b1: "fits", x: unlabelled }],
    ["a larger skew is allowed", spread({ maxSkew: 2 }), [web("1", "a1")], { a1: "fits", a2: "fits", b1: "fits", x: unlabelled }],
    ["pods of another namespace don't count", spread({}), [aPendingPod("1", { node: "a1", labels, namespace: "other" })], { a1: "fits" }],
    [
      "terminating pods don't count",
      spread({}),
      [aPendingPod("1", { node: "a1", labels, deleted: "2026-01-01T00:00:00Z" })],
      { a1: "fits" },
    ],
    ["too few zones count as one empty", spread({ minDomains: 3 }), [web("1", "a1"), web("2", "b1")], { a1: uneven, b1: uneven }],
    [
      "a pod that the selector leaves out adds nothing",
      spread({ labelSelector: { matchLabels: { app: "db" } } }),
      [aPendingPod("1", { node: "a1", labels: { app: "db" } })],
      { a1: "fits", b1: "fits" },
    ],
    [
      "nodes that the pod can't use don't count",
      spread({}, { spec: { nodeSelector: { [zone]: "a" } } }),
      [web("1", "a1"), web("2", "a1")],
      { a1: "fits" },
    ],
    [
      "unless it says so",
      spread({ nodeAffinityPolicy: "Ignore" }, { spec: { nodeSelector: { [zone]: "a" } } }),
      [web("1", "a1")],
      { a1: uneven },
    ],
    ["over hosts", spread({ topologyKey: "kubernetes.io/hostname" }), [web("1", "a1")], { a1: uneven, a2: "fits", b1: "fits", x: "fits" }],
  ];
  test.each(cases)("%s", (_, pod, pods, expected) => {
    expect(verdicts(podTopologySpread, aScene(pod, { nodes, pods }))).toMatchObject(expected);
  });

  test("tainted nodes count unless the constraint honours taints", () => {
    const tainted = [aRoomyNode("a1", { zone: "a" }), aRoomyNode("b1", { zone: "b", taints: [{ key: "k", effect: "NoSchedule" }] })];
    const pods = [web("1", "a1")];
    expect(verdicts(podTopologySpread, aScene(spread({}), { nodes: tainted, pods }))["a1"]).toBe(uneven);
    expect(verdicts(podTopologySpread, aScene(spread({ nodeTaintsPolicy: "Honor" }), { nodes: tainted, pods }))["a1"]).toBe("fits");
  });
});

describe("PodTopologySpread as a wish", () => {
  test("by default siblings spread over hosts and zones", () => {
    const scene = aScene(aPendingPod("p", { labels }), {
      nodes,
      pods: [web("1", "a1"), web("2", "a1"), web("3", "a2"), web("4", "b1")],
      siblings: [parseLabelSelector("app=web")],
    });
    const given = Object.entries(scores(podTopologySpread, scene) ?? {});
    expect(given.toSorted(([, a], [, b]) => a - b).map(([name]) => name)).toEqual(["a1", "a2", "b1", "x"]);
  });

  test("a pod without siblings has no wish, nor one with constraints that are rules", () => {
    expect(scores(podTopologySpread, aScene(aPendingPod("p"), { nodes }))).toBeUndefined();
    const rule = { topologyKey: zone, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", labelSelector: selector };
    const pod = aPendingPod("p", { spec: { topologySpreadConstraints: [rule] } });
    expect(scores(podTopologySpread, aScene(pod, { nodes, siblings: [parseLabelSelector("app=web")] }))).toBeUndefined();
  });

  test("with constraints of its own, nodes without the label come last", () => {
    const wish = { topologyKey: zone, maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway", labelSelector: selector };
    const pod = aPendingPod("p", { labels, spec: { topologySpreadConstraints: [wish] } });
    expect(scores(podTopologySpread, aScene(pod, { nodes, pods: [web("1", "a1")] }))).toEqual({ a1: 0, a2: 0, b1: 100, x: 0 });
  });
});

const term = (parts: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({ topologyKey: zone, labelSelector: selector, ...parts });
const near = (...terms: PodAffinityTerm[]): Affinity => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } });
const apart = (...terms: PodAffinityTerm[]): Affinity => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } });

describe("InterPodAffinity as a rule", () => {
  const lonely = "node(s) didn't match pod affinity rules!";
  const crowded = "node(s) didn't match pod anti-affinity rules";
  const unwelcome = "node(s) didn't satisfy existing pods anti-affinity rules";
  const host = "kubernetes.io/hostname";
  const cases: [string, Pod, Pod[], Record<string, string>][] = [
    [
      "near: the zone of a match",
      aPendingPod("p", { spec: { affinity: near(term()) } }),
      [web("1", "a1")],
      { a1: "fits", a2: "fits", b1: lonely, x: lonely },
    ],
    [
      "near its own kind: the first goes anywhere with the label",
      aPendingPod("p", { labels, spec: { affinity: near(term()) } }),
      [],
      { a1: "fits", b1: "fits", x: lonely },
    ],
    ["near another kind that isn't there: nowhere", aPendingPod("p", { spec: { affinity: near(term()) } }), [], { a1: lonely, x: lonely }],
    [
      "all terms speak of the same pod",
      aPendingPod("p", { spec: { affinity: near(term(), term({ labelSelector: { matchLabels: { tier: "1" } } })) } }),
      [web("1", "a1"), aPendingPod("2", { node: "b1", labels: { app: "web", tier: "1" } })],
      { a1: lonely, b1: "fits" },
    ],
    [
      "apart: another zone, or a node without one",
      aPendingPod("p", { spec: { affinity: apart(term()) } }),
      [web("1", "a1")],
      { a1: crowded, a2: crowded, b1: "fits", x: "fits" },
    ],
    [
      "apart by host",
      aPendingPod("p", { spec: { affinity: apart(term({ topologyKey: host })) } }),
      [web("1", "a1")],
      { a1: crowded, a2: "fits" },
    ],
    [
      "pods there may object",
      web("p", ""),
      [aPendingPod("1", { node: "a1", spec: { affinity: apart(term()) } })],
      { a1: unwelcome, a2: unwelcome, b1: "fits", x: "fits" },
    ],
    [
      "other namespaces don't count",
      aPendingPod("p", { namespace: "other", spec: { affinity: near(term()) } }),
      [web("1", "a1")],
      { a1: lonely },
    ],
    [
      "unless named",
      aPendingPod("p", { namespace: "other", spec: { affinity: near(term({ namespaces: ["default"] })) } }),
      [web("1", "a1")],
      { a1: "fits", b1: lonely },
    ],
    [
      "or selected",
      aPendingPod("p", { namespace: "other", spec: { affinity: near(term({ namespaceSelector: { matchLabels: { team: "x" } } })) } }),
      [web("1", "a1")],
      { a1: "fits", b1: lonely },
    ],
    [
      "a pod there selects namespaces, too",
      aPendingPod("p", { labels }),
      [aPendingPod("1", { node: "a1", namespace: "other", spec: { affinity: apart(term({ namespaceSelector: {} })) } })],
      { a1: unwelcome, b1: "fits" },
    ],
  ];
  test.each(cases)("%s", (_, pod, pods, expected) => {
    const scene = aScene(pod, { nodes, pods, namespaceLabels: { default: { team: "x" }, other: {} } });
    expect(verdicts(interPodAffinity, scene)).toMatchObject(expected);
  });

  test("when the objecting pod leaves, so does the objection", () => {
    const scene = aScene(web("p", ""), { nodes, pods: [aPendingPod("1", { node: "a1", spec: { affinity: apart(term()) } })] });
    scene.cache.removePod("uid-1");
    expect(verdicts(interPodAffinity, scene)["a1"]).toBe("fits");
    expect(scene.cache.nodesWithTerms.size).toBe(0);
  });
});

describe("InterPodAffinity as a wish", () => {
  const weighted = (weight: number): Required<Affinity>["podAffinity"] => ({
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term() }],
  });
  const cases: [string, Pod, Pod[], Record<string, number> | undefined][] = [
    [
      "attracted",
      aPendingPod("p", { spec: { affinity: { podAffinity: weighted(10) } } }),
      [web("1", "a1")],
      { a1: 100, a2: 100, b1: 0, x: 0 },
    ],
    [
      "repelled",
      aPendingPod("p", { spec: { affinity: { podAntiAffinity: weighted(10) } } }),
      [web("1", "a1")],
      { a1: 0, a2: 0, b1: 100, x: 100 },
    ],
    [
      "pods there attract, too",
      web("p", ""),
      [aPendingPod("1", { node: "b1", spec: { affinity: { podAffinity: weighted(5) } } })],
      { a1: 0, a2: 0, b1: 100, x: 0 },
    ],
    [
      "and their requirements do a little",
      web("p", ""),
      [aPendingPod("1", { node: "b1", spec: { affinity: near(term()) } })],
      { a1: 0, a2: 0, b1: 100, x: 0 },
    ],
    ["no terms, no wish", aPendingPod("p"), [web("1", "a1")], undefined],
  ];
  test.each(cases)("%s", (_, pod, pods, expected) => {
    expect(scores(interPodAffinity, aScene(pod, { nodes, pods }))).toEqual(expected);
  });
});
