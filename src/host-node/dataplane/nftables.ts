/**
 * Services by nftables inside the agent's own network namespace: the kernel does the work, at 80k requests a second and core.
 * Every change is one transaction, so a Service's backends never mix. Established connections stay where they are, as in Kubernetes.
 * Left out: clearing the kernel's memory of UDP flows to a backend that went (it takes a tool that base systems lack); they end after 30 s.
 */
import type { DataPlane, ServiceRule } from "../../proxy/ports/dataPlane.ts";
import { runTool } from "../tool.ts";
import { batchBetween } from "./nftBatch.ts";
import { baseTable, emptyRuleset, type NftNode, type NftRuleset, rulesetFor, trialTable } from "./nftRuleset.ts";

export interface NftablesOptions {
  readonly serviceRange: string;
  /** Asked at each change: nodes come and go. */
  readonly nodes: () => readonly NftNode[];
}

/**
 * How much of a batch's text one transaction may hold: without root the kernel takes about 75 kB of it. A Service is never split, so its change stays
 * atomic; many Services at once change in several transactions.
 */
const maxBatchChars = 32_000;

/** The kernel may have to load its modules for it, and what comes of it is for the cluster's whole life. */
const firstCallMs = 60_000;

/** Rejects when this machine has no `nft` or its kernel refuses the table. */
export async function openNftables(options: NftablesOptions): Promise<DataPlane> {
  await runTool("nft", ["-f", "-"], { input: trialTable + baseTable(options.serviceRange), timeoutMs: firstCallMs });
  return new NftablesDataPlane(options);
}

class NftablesDataPlane implements DataPlane {
  readonly name = "nftables";
  readonly #options: NftablesOptions;
  #inForce: NftRuleset = emptyRuleset();
  #rules: ReadonlyMap<string, ServiceRule> = new Map();
  #running: Promise<void> | undefined;
  /** The newest rules that wait for the running change, and who waits for them. */
  #next: { rules: readonly ServiceRule[]; done: Promise<void> } | undefined;

  constructor(options: NftablesOptions) {
    this.#options = options;
  }

  apply(rules: readonly ServiceRule[]): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.rules = rules;
      return this.#next.done;
    }
    const before = this.#running ?? Promise.resolve();
    const next = { rules, done: Promise.resolve() };
    next.done = before
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#change(next.rules);
        return this.#running;
      });
    this.#next = next;
    return next.done;
  }

  async #change(rules: readonly ServiceRule[]): Promise<void> {
    const wanted = new Map(rules.map((rule) => [rule.id, rule]));
    try {
      await this.#step(wanted);
    } catch {
      // Somebody else touched the table, or our picture of it is wrong: make it afresh.
      await runTool("nft", ["-f", "-"], { input: baseTable(this.#options.serviceRange) });
      this.#inForce = emptyRuleset();
      this.#rules = new Map();
      await this.#step(wanted);
    }
  }

  async #step(wanted: ReadonlyMap<string, ServiceRule>): Promise<void> {
    for (const rules of stages(this.#rules, wanted)) {
      const next = rulesetFor([...rules.values()], this.#options.nodes());
      const batch = batchBetween(this.#inForce, next);
      if (batch !== "") await runTool("nft", ["-f", "-"], { input: batch });
      this.#inForce = next;
      this.#rules = rules;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.catch(() => undefined);
    await runTool("nft", ["delete", "table", "ip", "coxswain"]).catch(() => undefined);
  }
}

/** From one set of rules to another, a transaction's worth at a time; the last stage is exactly what is wanted. */
function* stages(from: ReadonlyMap<string, ServiceRule>, to: ReadonlyMap<string, ServiceRule>): Iterable<ReadonlyMap<string, ServiceRule>> {
  const current = new Map(from);
  let size = 0;
  for (const id of new Set([...from.keys(), ...to.keys()])) {
    const before = from.get(id);
    const after = to.get(id);
    if (sameRule(before, after)) continue;
    const cost = sizeOf(before) + sizeOf(after);
    if (size > 0 && size + cost > maxBatchChars) {
      yield new Map(current);
      size = 0;
    }
    size += cost;
    if (after === undefined) current.delete(id);
    else current.set(id, after);
  }
  yield to;
}

function sameRule(a: ServiceRule | undefined, b: ServiceRule | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** About what a rule takes in a batch; with affinity each backend has a set and a chain of its own. */
function sizeOf(rule: ServiceRule | undefined): number {
  if (rule === undefined) return 0;
  return 200 + rule.backends.length * (rule.affinitySeconds === 0 ? 60 : 400);
}
