/** Scheduling decisions per second: 10,000 pods of one Deployment with a Service over 500 nodes, plain and with terms about each other. */
import { seededRng } from "../src/base/rng.ts";
import { parseLabelSelector } from "../src/machinery/selectors.ts";
import type { Affinity, PodSpec } from "../src/schema/shapes/core.v1.ts";
import { decide, type Decider } from "../src/scheduler/cycle/decide.ts";
import { defaultPlugins } from "../src/scheduler/plugins/registry.ts";
import { podInfoOf } from "../src/scheduler/state/podInfo.ts";
import { aPendingPod, aRoomyNode, aScene } from "../src/testing/schedulingScene.ts";

const labels = { app: "web" };
const labelSelector = { matchLabels: labels };
const term = { topologyKey: "kubernetes.io/hostname", labelSelector };
const apart: Affinity = { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] } };
const evenly = [{ topologyKey: "topology.kubernetes.io/zone", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", labelSelector }];

const cases: [string, Partial<PodSpec>][] = [
  ["plain", {}],
  ["preferring other hosts", { affinity: apart }],
  ["evenly over zones", { topologySpreadConstraints: evenly }],
];

/** Decides one by one, each pod counted before the next; gives milliseconds. */
function placeAll(count: number, spec: Partial<PodSpec>): number {
  const nodes = Array.from({ length: 500 }, (_, i) => aRoomyNode(`node-${i}`, { zone: `zone-${i % 3}` }));
  const parts = { labels, requests: { cpu: "100m", memory: "64Mi" }, spec };
  const scene = aScene(aPendingPod("first", parts), { nodes, siblings: [parseLabelSelector("app=web")] });
  const decider: Decider = { plugins: defaultPlugins, rng: seededRng(1), nextNode: 0 };
  const start = performance.now();
  for (let i = 0; i < count; i += 1) {
    const info = podInfoOf(aPendingPod(`pod-${i}`, parts));
    const decision = decide({ ...scene, info }, decider);
    if (decision.kind !== "node") throw new Error(`pod ${i} has no node`);
    scene.cache.assume(info, decision.node.name);
  }
  return performance.now() - start;
}

for (const [name, spec] of cases) {
  for (const count of [2500, 5000, 10_000]) {
    const ms = placeAll(count, spec);
    console.log(`${name}: ${count} pods over 500 nodes in ${(ms / 1000).toFixed(2)} s, ${((ms * 1000) / count).toFixed(0)} us each`);
  }
}
