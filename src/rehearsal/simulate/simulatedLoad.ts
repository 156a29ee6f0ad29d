/** The load generator of a simulated rehearsal: nothing is sent while time runs; when it stops, every request's fate is computed from what happened. */
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { Clock } from "../../base/clock.ts";
import type { InformerFactory } from "../../client/informer.ts";
import type { ConnectionRecord } from "../connections.ts";
import { podLives } from "../podLives.ts";
import type { AppBehaviour } from "../ports/appBehaviour.ts";
import type { LedgerRow, LoadGenerator, LoadSpec, LoadTarget, VersionSource } from "../ports/load.ts";
import { Recorder } from "../recorder.ts";
import { podBehaviour } from "./behaviour.ts";
import { processesOf } from "./processes.ts";
import { simulateRequests } from "./requests.ts";
import { ViewHistory } from "./viewHistory.ts";

export interface SimulatedLoadOptions {
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly namespace: string;
  readonly service: string;
  /** What tells versions apart; what answers would say is taken from the image. */
  readonly version?: VersionSource | undefined;
  /** What the nodes' rules held, and since when. */
  readonly records: () => readonly ConnectionRecord[];
}

export class SimulatedLoad implements LoadGenerator, Disposable {
  readonly #options: SimulatedLoadOptions;
  readonly #recorder: Recorder;
  readonly #behaviours = new Map<string, AppBehaviour>();
  readonly #handler: Disposable;

  constructor(options: SimulatedLoadOptions) {
    this.#options = options;
    this.#recorder = new Recorder(options);
    this.#handler = options.informers.informer(podKind).onChange((pod) => {
      if (pod?.metadata.namespace === options.namespace) this.#behaviours.set(pod.metadata.name, podBehaviour(pod));
    });
  }

  measure(): Promise<number> {
    return Promise.resolve(Infinity);
  }

  probe(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LedgerRow> {
    const nowMs = this.#options.clock.now();
    const one = { ...spec, ratePerSecond: 1000, arrivals: "constant" as const, keepAlive: 0 };
    const [row] = this.#rows(one, target, { epochMs, fromMs: nowMs, toMs: nowMs + 1 });
    if (row === undefined) throw new Error("a probe is one request");
    return Promise.resolve(row);
  }

  start(spec: LoadSpec, target: LoadTarget, epochMs: number): ReturnType<LoadGenerator["start"]> {
    const { clock } = this.#options;
    const fromMs = clock.now();
    return Promise.resolve({
      stop: () => {
        const rows = this.#rows(spec, target, { epochMs, fromMs, toMs: clock.now() });
        return Promise.resolve({ rows, health: { lateShare: 0, worstLateMs: 0, unsent: 0 } });
      },
    });
  }

  [Symbol.dispose](): void {
    this.#handler[Symbol.dispose]();
    this.#recorder[Symbol.dispose]();
  }

  #rows(spec: LoadSpec, target: LoadTarget, { epochMs, fromMs, toMs }: { epochMs: number; fromMs: number; toMs: number }): LedgerRow[] {
    const { service, namespace, records } = this.#options;
    const lives = podLives(this.#recorder.entries(epochMs), service);
    const views = new ViewHistory(target.client === "inside");
    for (const record of records()) {
      if (record.type === "view" && record.service === `${namespace}/${service}`)
        views.add(record.view, record.atMs - epochMs, record.pods);
    }
    return simulateRequests({
      spec,
      target,
      fromMs: fromMs - epochMs,
      toMs: toMs - epochMs,
      processes: processesOf(lives, this.#behaviours),
      views,
    });
  }
}
