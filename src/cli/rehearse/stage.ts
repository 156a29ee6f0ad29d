/** Rehearses plans one after the other, on whatever cluster and with whatever clock: a fresh start for each, and nothing left behind. */
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { InformerFactory } from "../../client/informer.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Plan } from "../../rehearsal/plan.ts";
import type { LoadGenerator } from "../../rehearsal/ports/load.ts";
import { type Rehearsal, rehearse, type RehearsalDeps } from "../../rehearsal/rehearse.ts";
import { type Report, reportOf } from "../../rehearsal/report/model.ts";
import { PlanRunner } from "../../rehearsal/runPlan.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import type { RehearseRequest } from "./options.ts";

export interface StageOptions extends Pick<RehearsalDeps, "connections" | "locate" | "say" | "signal"> {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly load: LoadGenerator;
  readonly request: RehearseRequest;
  readonly namespace: string;
  /** The cluster is the rehearsal's alone: nobody minds a namespace that stays. */
  readonly own: boolean;
  readonly where: string;
  /** The propagation profile's name, or what else is known of it. */
  readonly profile: string;
  /** Of 100 changes 99 reach a node within this time; 0 where nothing is known. */
  readonly profileP99Ms: number;
}

export interface Rehearsed {
  readonly rehearsal: Rehearsal;
  readonly report: Report;
}

const cleanUpMs = 60_000;
const cleanUpPauseMs = 100;

export class Stage implements AsyncDisposable {
  readonly #options: StageOptions;
  readonly #runner: PlanRunner;
  /** The namespace was made here, and goes with us. */
  #madeNamespace = false;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#runner = new PlanRunner(options);
  }

  async perform(plan: Plan, service: Service): Promise<Rehearsed> {
    const { request, where, profile, profileP99Ms } = this.#options;
    const { load, bounds, rollback, limits } = request;
    await this.#makeNamespace();
    try {
      const rehearsal = await rehearse(this.#options, { plan, service: service.metadata.name, load, bounds, rollback, standing: false });
      return {
        rehearsal,
        report: reportOf({ rehearsal, service, limits, where, profile, profileP99Ms }),
      };
    } finally {
      await this.#clean(plan);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { client, namespace, own } = this.#options;
    if (this.#madeNamespace && !own) await client.delete(namespaceKind, { namespace: "", name: namespace });
  }

  async #makeNamespace(): Promise<void> {
    const { client, namespace } = this.#options;
    try {
      await client.create(namespaceKind, { metadata: { name: namespace }, spec: {} });
      this.#madeNamespace = true;
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
    }
  }

  /** Even after an interrupt. */
  async #clean(plan: Plan): Promise<void> {
    const { client, namespace, clock } = this.#options;
    const created = plan.change.flatMap((step) => (step.type === "apply" ? [{ kind: step.kind, object: step.object }] : []));
    await this.#runner.remove([...created, ...plan.before]);
    const deadlineMs = clock.now() + cleanUpMs;
    const pods = async (): Promise<number> => {
      const { items } = await client.list(podKind, { namespace });
      for (const { metadata } of items) await client.delete(podKind, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
      return items.length;
    };
    while ((await pods()) > 0 && clock.now() < deadlineMs) await sleep(clock, cleanUpPauseMs);
  }
}
