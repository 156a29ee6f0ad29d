/** What each node's Service rules held at each moment of a simulation, asked in the order of time. */
import { below, type Rng } from "../../base/rng.ts";

interface Entry {
  readonly atMs: number;
  readonly pods: readonly string[];
}

const nothing: readonly string[] = [];

export class ViewHistory {
  readonly #views = new Map<string, { readonly entries: Entry[]; at: number }>();
  readonly #oneNode: boolean;

  /** `oneNode`: all connections come through the same node, as those of a client in a pod do. */
  constructor(oneNode: boolean) {
    this.#oneNode = oneNode;
  }

  /** Later than what was added before. */
  add(view: string, atMs: number, pods: readonly string[]): void {
    const known = this.#views.get(view);
    if (known === undefined) this.#views.set(view, { entries: [{ atMs, pods }], at: 0 });
    else known.entries.push({ atMs, pods });
  }

  /** What a connection that comes in through some node is given to choose from. Moments must not go back. */
  pick(atMs: number, rng: Rng): readonly string[] {
    const all = [...this.#views.values()];
    const view = this.#oneNode ? all[0] : all[below(rng, all.length)];
    if (view === undefined) return nothing;
    while ((view.entries[view.at + 1]?.atMs ?? Infinity) <= atMs) view.at += 1;
    const entry = view.entries[view.at];
    return entry === undefined || entry.atMs > atMs ? nothing : entry.pods;
  }
}
