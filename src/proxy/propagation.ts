/**
 * How late each node's Service rules learn of a change, as data and as a pure bookkeeping of views. A data plane on one machine is in force at once;
 * real ones aren't, and that is the race in which releases drop requests. `typical` and where its figures come from: docs/rehearsal.md.
 */
import type { Rng } from "../base/rng.ts";
import { parseGoDuration } from "../machinery/time.ts";
import type { Backend, ServiceRule } from "./ports/dataPlane.ts";

/** Delays by the share of changes that stay below them, ascending in both; between two of them it is interpolated. Empty: no delay. */
export type PropagationProfile = readonly (readonly [share: number, delayMs: number])[];

const named: Readonly<Record<string, PropagationProfile>> = {
  instant: [],
  typical: [
    [0, 50],
    [0.5, 600],
    [0.9, 1200],
    [0.99, 2500],
    [1, 5000],
  ],
  slow: [
    [0, 500],
    [0.5, 3000],
    [0.9, 8000],
    [0.99, 20_000],
    [1, 30_000],
  ],
};

/** `instant`, `typical`, `slow`, a duration for all (`2s`), or quantiles such as `p0=100ms,p50=1s,p99=4s`. Throws an Error that says what is wrong. */
export function parsePropagation(text: string): PropagationProfile {
  const known = named[text];
  if (known !== undefined) return known;
  const fixed = parseGoDuration(text);
  if (fixed !== undefined && fixed >= 0) return fixed === 0 ? [] : [[0, fixed]];
  const points = text.split(",").map((part): readonly [number, number] => {
    const [, share = "", duration = ""] = /^p(\d{1,3}(?:\.\d+)?)=(.+)$/.exec(part.trim()) ?? [];
    const delayMs = parseGoDuration(duration);
    if (share === "" || Number(share) > 100 || delayMs === undefined || delayMs < 0) {
      throw new Error(
        `propagation "${text}" is none of instant, typical, slow, a duration such as 2s, or quantiles such as p50=500ms,p99=3s`,
      );
    }
    return [Number(share) / 100, delayMs];
  });
  for (const [at, [share, delayMs]] of points.entries()) {
    const before = points[at - 1];
    if (before !== undefined && (share <= before[0] || delayMs < before[1])) throw new Error(`propagation "${text}": quantiles must rise`);
  }
  return points;
}

/** The delay that this share of the changes stays below. */
export function delayAt(profile: PropagationProfile, share: number): number {
  let below: readonly [number, number] | undefined;
  for (const point of profile) {
    if (point[0] >= share) {
      if (below === undefined) return point[1];
      return below[1] + ((share - below[0]) / (point[0] - below[0])) * (point[1] - below[1]);
    }
    below = point;
  }
  return below?.[1] ?? 0;
}

interface View {
  /** In force at this node. */
  backends: readonly Backend[];
  /** On their way, the newest last. */
  readonly coming: { readonly atMs: number; readonly backends: readonly Backend[] }[];
}

interface Seen {
  /** The newest, as text, to see whether anything changed. */
  newest: string;
  readonly views: Map<string, View>;
}

/** Each node's view of each rule's backends: a change reaches a node after a delay of its own. */
export class NodeViews {
  readonly #profile: PropagationProfile;
  readonly #rng: Rng;
  readonly #nodes: readonly string[];
  readonly #rules = new Map<string, Seen>();

  constructor(profile: PropagationProfile, rng: Rng, nodes: readonly string[]) {
    this.#profile = profile;
    this.#rng = rng;
    this.#nodes = nodes;
  }

  /** The rules as the nodes see them now. A rule that is new is seen by all of them at once, as it stands. */
  take(rules: readonly ServiceRule[], nowMs: number): ServiceRule[] {
    const ids = new Set(rules.map(({ id }) => id));
    for (const id of this.#rules.keys()) if (!ids.has(id)) this.#rules.delete(id);
    return rules.map((rule) => {
      const seen = this.#seen(rule, nowMs);
      const views: Record<string, readonly Backend[]> = {};
      for (const [node, view] of seen.views) {
        arrive(view, nowMs);
        views[node] = view.backends;
      }
      return { ...rule, views };
    });
  }

  /** When some node sees its next change; undefined: all see the newest. */
  nextChangeMs(): number | undefined {
    let next: number | undefined;
    for (const { views } of this.#rules.values()) {
      for (const { coming } of views.values()) for (const { atMs } of coming) next = Math.min(next ?? atMs, atMs);
    }
    return next;
  }

  #seen(rule: ServiceRule, nowMs: number): Seen {
    const newest = JSON.stringify(rule.backends);
    let seen = this.#rules.get(rule.id);
    if (seen === undefined) {
      seen = { newest, views: new Map(this.#nodes.map((node) => [node, { backends: rule.backends, coming: [] }])) };
      this.#rules.set(rule.id, seen);
    } else if (seen.newest !== newest) {
      seen.newest = newest;
      for (const view of seen.views.values()) {
        view.coming.push({ atMs: nowMs + delayAt(this.#profile, this.#rng.next()), backends: rule.backends });
      }
    }
    return seen;
  }
}

/** Whoever hears of a newer state knows the older ones with it: what is still on its way behind is dropped. */
function arrive(view: View, nowMs: number): void {
  const at = view.coming.findLastIndex(({ atMs }) => atMs <= nowMs);
  if (at < 0) return;
  view.backends = view.coming[at]?.backends ?? view.backends;
  view.coming.splice(0, at + 1);
}
