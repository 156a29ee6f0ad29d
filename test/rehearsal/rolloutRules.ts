/** The rules of test/sim/rolloutModel.ts at every revision of a simulated rehearsal's store, for each of its Deployments. */
import type { Clock } from "../../src/base/clock.ts";
import { parseCommand } from "../../src/cli/command.ts";
import { rehearse } from "../../src/cli/rehearse/command.ts";
import { readRequest } from "../../src/cli/rehearse/options.ts";
import { simulate } from "../../src/cli/rehearse/simulate.ts";
import type { Report } from "../../src/rehearsal/report/model.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Change, Store } from "../../src/store/store.ts";
import { RolloutModel } from "../sim/rolloutModel.ts";

export interface Followed {
  readonly report: Report;
  /** How often a rule was put to the test. */
  readonly checked: { readonly deletions: number; readonly creations: number; readonly revisions: number };
}

/** Rehearses the command line in simulated time. Throws at the first change that breaks a rule. */
export async function followedRehearsal(args: readonly string[]): Promise<Followed> {
  const { values, operands } = parseCommand(rehearse, args);
  const request = readRequest({
    operands,
    flag: (option) => values[option] === true,
    texts: (option) => [values[option] ?? []].flat().filter((value) => typeof value === "string"),
    text: (option) => {
      const value = values[option];
      return typeof value === "string" ? value : undefined;
    },
  });
  const rules: Rules[] = [];
  const store = (clock: Clock): Store => {
    const made = memoryStore();
    rules.push(new Rules(made, clock));
    return made;
  };
  const signal = new AbortController().signal;
  const { report } = await simulate(
    request,
    async (theatre) => {
      const { plans, service } = theatre.plans({});
      const [plan] = plans;
      if (plan === undefined) throw new Error("there is no plan");
      return await theatre.perform(plan, service);
    },
    { say: () => undefined, signal, store },
  );
  const [followed] = rules;
  if (followed === undefined) throw new Error("no cluster was made");
  return { report, checked: followed.result() };
}

class Rules {
  readonly #models = new Map<string, RolloutModel>();
  readonly #clock: Clock;
  #broken: unknown;

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    void this.#follow(store);
  }

  result(): Followed["checked"] {
    if (this.#broken !== undefined) throw this.#broken;
    const all = [...this.#models.values()].map(({ checked }) => checked);
    const sum = (of: keyof Followed["checked"]): number => all.reduce((total, checked) => total + checked[of], 0);
    return { deletions: sum("deletions"), creations: sum("creations"), revisions: sum("revisions") };
  }

  async #follow(store: Store): Promise<void> {
    for await (const changes of store.watch("/registry/", await store.revision(), new AbortController().signal)) {
      for (const change of changes) this.#see(change);
    }
  }

  #see(change: Change): void {
    const [, , , plural, namespace, name = ""] = change.key.split("/");
    if (namespace !== "default") return;
    if (plural === "deployments" && !this.#models.has(name)) this.#models.set(name, new RolloutModel(() => this.#clock.now()));
    const [, model] = [...this.#models].find(([deployment]) => name === deployment || name.startsWith(`${deployment}-`)) ?? [];
    try {
      model?.apply(change);
    } catch (error) {
      this.#broken ??= error;
    }
  }
}
