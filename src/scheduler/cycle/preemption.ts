/**
 * When no node fits: which lesser pods would have to go, so that the pod fits somewhere. As few and as unimportant ones as can be.
 * Left out: disruption budgets, which upstream prefers not to violate but may.
 * Upstream: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go, framework/preemption/preemption.go
 */
import { timeMs } from "../../machinery/time.ts";
import type { Plugin, Scene } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";
import { objection, prepareFilters } from "./decide.ts";
import { type Diagnosis, histogram } from "./diagnosis.ts";

export type Preemption =
  | { readonly kind: "evict"; readonly node: string; readonly victims: readonly PodInfo[] }
  /** `keepsHope`: the pod goes on waiting for the node that it was promised. */
  | { readonly kind: "none"; readonly message: string; readonly keepsHope: boolean };

/** Nodes on which eviction is thought through: a tenth of them, at least so many. */
const minCandidates = 100;
/** Said first by the plugin for dynamic resources, which upstream asks before preemption. */
const noClaims = "no new claims to deallocate";

export function preempt(scene: Scene, plugins: readonly Plugin[], diagnosis: Diagnosis): Preemption {
  const refusal = ineligible(scene, diagnosis);
  if (refusal !== undefined) return { kind: "none", message: `${noClaims}, preemption: ${refusal}`, keepsHope: true };
  const reasons = new Map<string, number>();
  const tell = (reason: string, nodes: number): unknown => reasons.set(reason, (reasons.get(reason) ?? 0) + nodes);
  const candidates: Candidate[] = [];
  const enough = Math.max(minCandidates, Math.floor(diagnosis.resolvable.length / 10));
  for (const node of diagnosis.resolvable) {
    if (candidates.length >= enough) break;
    const outcome = victimsOn(node, scene, plugins);
    if ("victims" in outcome) candidates.push(outcome);
    else for (const reason of outcome.reasons) tell(reason, 1);
  }
  const best = candidates.reduce<Candidate | undefined>((a, b) => (a === undefined || isBetter(b, a) ? b : a), undefined);
  if (best !== undefined) return { kind: "evict", node: best.node.name, victims: best.victims };
  tell("Preemption is not helpful for scheduling", diagnosis.nodes - diagnosis.resolvable.length);
  return { kind: "none", message: `${noClaims}, preemption: ${histogram(diagnosis.nodes, reasons)}`, keepsHope: false };
}

function ineligible({ info, cache }: Scene, diagnosis: Diagnosis): string | undefined {
  if (info.pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const hoped = cache.node(cache.nominationOf(info.uid) ?? "");
  // Where the node can't be used any more, another may be looked for.
  if (hoped === undefined || !diagnosis.resolvable.includes(hoped)) return undefined;
  for (const { pod, priority } of hoped.pods.values())
    if (priority < info.priority && pod.metadata.deletionTimestamp !== undefined)
      return "not eligible due to a terminating pod on the nominated node.";
  return undefined;
}

interface Candidate {
  readonly node: NodeInfo;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
}

function victimsOn(node: NodeInfo, scene: Scene, plugins: readonly Plugin[]): Candidate | { readonly reasons: readonly string[] } {
  const { info, cache } = scene;
  const lesser = [...node.pods.values()].filter(({ priority }) => priority < info.priority).sort(byImportance);
  if (lesser.length === 0) return { reasons: ["No preemption victims found for incoming pod"] };
  const added = cache.nominatedBefore(info, node.name);
  const without = (removed: readonly PodInfo[]): ReturnType<typeof objection> =>
    cache.supposing(node, { added, removed }, () => objection(node, prepareFilters(scene, plugins)));
  const still = without(lesser);
  if (still !== undefined) return { reasons: still.rejection.reasons };
  // Spare one after the other, the most important first, as long as the pod still fits.
  let victims: readonly PodInfo[] = lesser;
  for (const spared of lesser) {
    const fewer = victims.filter((victim) => victim !== spared);
    if (without(fewer) === undefined) victims = fewer;
  }
  return { node, victims };
}

function startMs({ pod }: PodInfo): number {
  return timeMs(pod.status?.startTime) ?? Infinity;
}

/** Higher priority first; of equals, the one that has run longer. */
function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || (startMs(a) === startMs(b) ? 0 : startMs(a) - startMs(b));
}

/** The lowest highest priority, the lowest sum of priorities, the fewest victims, the youngest of the most important ones. */
function isBetter(a: Candidate, b: Candidate): boolean {
  const left = weightOf(a);
  const right = weightOf(b);
  const at = left.findIndex((value, i) => value !== right[i]);
  return at >= 0 && left[at]! < right[at]!;
}

/** Smaller is better, compared from the left. */
function weightOf({ victims }: Candidate): number[] {
  const highest = victims[0]?.priority ?? -Infinity;
  // Shifted, so that many victims of negative priority don't look better than few.
  const sum = victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0);
  const oldest = Math.min(...victims.filter(({ priority }) => priority === highest).map(startMs));
  return [highest, sum, victims.length, -oldest];
}
