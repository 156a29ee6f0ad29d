/**
 * One rehearsal from beginning to end: what stood before is made and must serve, load runs, the change is done under it, what is left settles, and the
 * way back is taken where asked for. Every wait has a bound. Gives facts; report/ makes a report of them.
 */
import { service as serviceKind } from "../api/core/v1/service.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { endpointSlice as sliceKind } from "../api/discovery/v1/endpointSlice.ts";
import { sleep } from "../base/clock.ts";
import { type ConnectionRecord, joinConnections, viewEntries } from "./connections.ts";
import { isFailed, outcomeText } from "./ledger.ts";
import type { LedgerRow, LoadGenerator, LoadHealth, LoadRun, LoadSpec, LoadTarget } from "./ports/load.ts";
import { deploymentsIn } from "./manifests.ts";
import type { Plan, Step } from "./plan.ts";
import { podLives } from "./podLives.ts";
import { Recorder } from "./recorder.ts";
import { type PlanDeps, PlanRunner, StuckError } from "./runPlan.ts";
import type { Phase, TimelineEntry } from "./timeline.ts";
import type { Service } from "../schema/shapes/core.v1.ts";

export interface RehearsalDeps extends PlanDeps {
  readonly load: LoadGenerator;
  /** Where the Service answers; asked when it has ready pods. Undefined: not yet. */
  readonly locate: (service: Service) => LoadTarget | undefined;
  /** What the data plane tells of connections since the rehearsal began; absent where it can't. */
  readonly connections?: (() => Promise<readonly ConnectionRecord[]>) | undefined;
  /** Progress, a line each. */
  readonly say: (text: string) => void;
}

export interface RehearsalOptions {
  readonly plan: Plan;
  readonly service: string;
  readonly load: LoadSpec;
  readonly bounds: Bounds;
  /** Take the way back too. */
  readonly rollback: boolean;
}

export interface Bounds {
  /** Until what stands before the change serves. */
  readonly readyMs: number;
  /** For the change, and for the way back. */
  readonly changeMs: number;
  /** Load before the change. */
  readonly warmUpMs: number;
  /** Load after it, at the least. */
  readonly settleMs: number;
}

export interface Rehearsal {
  readonly plan: Plan;
  readonly service: string;
  readonly load: LoadSpec;
  readonly target: LoadTarget;
  /** The clock's time that all other times count from. */
  readonly epochMs: number;
  readonly rows: readonly LedgerRow[];
  readonly timeline: readonly TimelineEntry[];
  readonly health: LoadHealth & { readonly ceilingPerSecond: number };
  readonly marks: Marks;
  /** Why the change did not come to its end; undefined when it did. */
  readonly stuck: string | undefined;
}

/** Milliseconds since the start. */
export interface Marks {
  changeMs: number;
  /** All steps of the change were done. */
  doneMs: number | undefined;
  /** The old pods were gone and the load had settled. */
  settledMs: number;
  rollbackMs: number | undefined;
  rolledBackMs: number | undefined;
  endMs: number;
}

/** Before the change anything could be measured: what stands doesn't serve. One sentence. */
export class RehearsalRefused extends Error {
  override readonly name = "RehearsalRefused";
}

/** Nodes learn late of new endpoints too: for this long all must be well. */
const probesInARow = 20;
const probePauseMs = 100;
/** What has ready pods must answer within this time. */
const serveMs = 15_000;
/** A pod may take this much longer than its grace. */
const goneMarginMs = 10_000;

export async function rehearse(deps: RehearsalDeps, options: RehearsalOptions): Promise<Rehearsal> {
  const recorder = new Recorder({ ...deps, version: options.load.version });
  try {
    await deps.informers.synced(deps.signal);
    return await new Run(deps, options, recorder).go();
  } finally {
    recorder[Symbol.dispose]();
  }
}

class Run {
  readonly #deps: RehearsalDeps;
  readonly #options: RehearsalOptions;
  readonly #recorder: Recorder;
  readonly #runner: PlanRunner;
  readonly #marks: Marks = { changeMs: 0, doneMs: undefined, settledMs: 0, rollbackMs: undefined, rolledBackMs: undefined, endMs: 0 };
  #epochMs = 0;

  constructor(deps: RehearsalDeps, options: RehearsalOptions, recorder: Recorder) {
    this.#deps = deps;
    this.#options = options;
    this.#recorder = recorder;
    this.#runner = new PlanRunner(deps);
  }

  async go(): Promise<Rehearsal> {
    const { clock, load } = this.#deps;
    const { bounds, plan, service } = this.#options;
    const target = await this.#prepare();
    const ceilingPerSecond = await load.measure(this.#options.load);
    this.#epochMs = clock.now();
    const run = await load.start(this.#options.load, target, this.#epochMs);
    let stuck: string | undefined;
    let ended: Awaited<ReturnType<LoadRun["stop"]>>;
    try {
      this.#phase("before", `load: ${this.#options.load.ratePerSecond} requests a second`);
      await this.#pause(bounds.warmUpMs);
      stuck = await this.#change();
      await this.#settle();
      this.#marks.settledMs = this.#now();
      if (this.#options.rollback && stuck === undefined) stuck = await this.#rollBack();
      this.#phase("after", "the load ends");
    } finally {
      ended = await run.stop();
    }
    this.#marks.endMs = this.#now();
    const records = (await this.#deps.connections?.()) ?? [];
    const timeline = [
      ...this.#recorder.entries(this.#epochMs),
      ...viewEntries(records, `${this.#deps.namespace}/${service}`, this.#epochMs),
    ].sort((a, b) => a.atMs - b.atMs);
    // Who sends from a pod has ports of its own.
    const joined = target.client === "outside" ? joinConnections(ended.rows, records, this.#epochMs) : ended.rows;
    const { from } = this.#options.load.version;
    const rows = from === "header" || from === "json" ? joined : withVersions(joined, timeline, service);
    const facts = {
      plan,
      service,
      load: this.#options.load,
      target,
      epochMs: this.#epochMs,
      health: { ...ended.health, ceilingPerSecond },
    };
    return { ...facts, rows, timeline, marks: this.#marks, stuck };
  }

  /** What stands before the change, serving. */
  async #prepare(): Promise<LoadTarget> {
    const { clock, say, namespace, informers } = this.#deps;
    const { plan, bounds, service } = this.#options;
    const deadlineMs = clock.now() + bounds.readyMs;
    const left = `within ${Math.round(bounds.readyMs / 1000)} s`;
    try {
      await this.#runner.create(plan.before);
      say(`waiting for ${plan.before.length} objects to stand`);
      for (const { metadata } of deploymentsIn(plan.before)) await this.#runner.rolledOut(metadata.name, deadlineMs, 0);
      const found = (): Service | undefined => informers.informer(serviceKind).get({ namespace, name: service });
      await this.#runner.until(
        () => this.#endpoints() > 0,
        deadlineMs,
        () =>
          `Service "${service}" had no ready pod ${left}: its selector ${JSON.stringify(found()?.spec.selector ?? {})} matches none that is ready`,
      );
      let target: LoadTarget | undefined;
      await this.#runner.until(
        () => {
          const now = found();
          target = now === undefined ? undefined : this.#deps.locate(now);
          return target !== undefined;
        },
        deadlineMs,
        () => `Service "${service}" got no address ${left}`,
      );
      if (target === undefined) throw new StuckError("no target");
      await this.#serves(target, clock.now() + serveMs);
      return target;
    } catch (error) {
      if (!(error instanceof StuckError)) throw error;
      throw new RehearsalRefused(`Nothing was rehearsed, for what stands before the change does not serve: ${error.message}.`, {
        cause: error,
      });
    }
  }

  #endpoints(): number {
    const { informers, namespace } = this.#deps;
    const slices = informers
      .informer(sliceKind)
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === this.#options.service);
    return slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length;
  }

  /** Good answers in a row; where they never come, but some do, it serves after a fashion, and the report says so. */
  async #serves(target: LoadTarget, deadlineMs: number): Promise<void> {
    const { clock, load, signal } = this.#deps;
    const spec = this.#options.load;
    let answered = 0;
    for (let inARow = 0; inARow < probesInARow;) {
      const row = await load.probe(spec, target, clock.now());
      inARow = isFailed(row) ? 0 : inARow + 1;
      answered += isFailed(row) ? 0 : 1;
      if (clock.now() >= deadlineMs && answered > 0) return;
      if (clock.now() >= deadlineMs)
        throw new StuckError(`${spec.method} ${spec.path} was not answered well (${outcomeText(row.outcome)})`);
      await sleep(clock, probePauseMs, signal);
    }
  }

  async #change(): Promise<string | undefined> {
    this.#marks.changeMs = this.#now();
    this.#phase("change", "the change begins");
    const stuck = await this.#steps(this.#options.plan.change);
    if (stuck === undefined) this.#marks.doneMs = this.#now();
    this.#phase("settle", stuck === undefined ? "the change is done" : `the change is stuck: ${stuck}`);
    return stuck;
  }

  async #rollBack(): Promise<string | undefined> {
    const { prepare, steps } = this.#options.plan.rollback;
    const unready = await this.#steps(prepare);
    if (unready !== undefined) return unready;
    this.#marks.rollbackMs = this.#now();
    this.#phase("rollback", "the way back begins");
    const stuck = await this.#steps(steps);
    if (stuck === undefined) this.#marks.rolledBackMs = this.#now();
    await this.#settle();
    return stuck;
  }

  async #steps(steps: readonly Step[]): Promise<string | undefined> {
    const { clock } = this.#deps;
    try {
      await this.#runner.run(steps, clock.now() + this.#options.bounds.changeMs, (text) => this.#note(text));
      return undefined;
    } catch (error) {
      if (error instanceof StuckError) return error.message;
      throw error;
    }
  }

  /** Until no pod is on its way out, but no longer than their grace. */
  async #settle(): Promise<void> {
    const { clock, informers, namespace } = this.#deps;
    const leaving = () =>
      informers
        .informer(podKind)
        .list(namespace)
        .filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    const graceMs = Math.max(0, ...leaving().map(({ metadata }) => (metadata.deletionGracePeriodSeconds ?? 0) * 1000));
    const deadlineMs = clock.now() + graceMs + goneMarginMs;
    await this.#pause(this.#options.bounds.settleMs);
    await this.#runner
      .until(
        () => leaving().length === 0,
        deadlineMs,
        () => `${leaving().length} pods did not go`,
      )
      .catch((error: unknown) => {
        if (!(error instanceof StuckError)) throw error;
        this.#note(error.message);
      });
  }

  #now(): number {
    return this.#deps.clock.now() - this.#epochMs;
  }

  #pause(ms: number): Promise<void> {
    return sleep(this.#deps.clock, ms, this.#deps.signal);
  }

  #current: Phase = "before";

  #phase(phase: Phase, text: string): void {
    this.#current = phase;
    this.#note(text);
  }

  #note(text: string): void {
    this.#recorder.note({ type: "step", text, phase: this.#current });
    this.#deps.say(text);
  }
}

/** A row has the version of its pod. */
function withVersions(rows: readonly LedgerRow[], timeline: readonly TimelineEntry[], service: string): LedgerRow[] {
  const lives = podLives(timeline, service);
  return rows.map((row) => {
    if (row.version !== "" || row.pod === "") return row;
    return { ...row, version: lives.get(row.pod)?.version ?? "" };
  });
}
