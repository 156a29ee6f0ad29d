/**
 * Services by nftables inside the agent's own network namespace: the kernel does the work, at 80k requests a second and core.
 * Every change is one transaction, so a Service's backends never mix. Established connections stay where they are, as in Kubernetes.
 * Left out: clearing the kernel's memory of UDP flows to a backend that went (it takes a tool that base systems lack); they end after 30 s.
 */
import type { DataPlane, ServiceRule } from "../../proxy/ports/dataPlane.ts";
import { runTool } from "../tool.ts";
import { batchBetween } from "./nftBatch.ts";
import { baseTable, emptyRuleset, type NftNode, type NftRuleset, rulesetFor } from "./nftRuleset.ts";

export interface NftablesOptions {
  readonly serviceRange: string;
  /** Asked at each change: nodes come and go. */
  readonly nodes: () => readonly NftNode[];
}

/** Rejects when this machine has no `nft` or its kernel refuses the table. */
export async function openNftables(options: NftablesOptions): Promise<DataPlane> {
  await runTool("nft", ["-f", "-"], { input: baseTable(options.serviceRange) });
  return new NftablesDataPlane(options);
}

class NftablesDataPlane implements DataPlane {
  readonly name = "nftables";
  readonly #options: NftablesOptions;
  #inForce: NftRuleset = emptyRuleset();
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
    const wanted = rulesetFor(rules, this.#options.nodes());
    const batch = batchBetween(this.#inForce, wanted);
    if (batch === "") return;
    try {
      await runTool("nft", ["-f", "-"], { input: batch });
    } catch {
      // Somebody else touched the table, or our picture of it is wrong: make it afresh, still in one transaction.
      const whole = baseTable(this.#options.serviceRange) + batchBetween(emptyRuleset(), wanted);
      await runTool("nft", ["-f", "-"], { input: whole });
    }
    this.#inForce = wanted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.catch(() => undefined);
    await runTool("nft", ["delete", "table", "ip", "coxswain"]).catch(() => undefined);
  }
}
