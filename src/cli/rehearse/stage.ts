/** Rehearses plans one after the other on a site: a fresh start for each, and nothing left behind. */
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { Disposables } from "../../base/disposables.ts";
import { silentLog } from "../../base/log.ts";
import type { InformerFactory } from "../../client/informer.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { wallClock } from "../../host-node/nodeHost.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Plan } from "../../rehearsal/plan.ts";
import { type Rehearsal, rehearse } from "../../rehearsal/rehearse.ts";
import { type Report, reportOf } from "../../rehearsal/report/model.ts";
import { PlanRunner } from "../../rehearsal/runPlan.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import type { CommandInput } from "../command.ts";
import { startLoadProcess } from "./loadProcess.ts";
import { locate } from "./locate.ts";
import type { RehearseRequest } from "./options.ts";
import type { Site } from "./site.ts";

export interface StageOptions {
  readonly site: Site;
  readonly request: RehearseRequest;
  readonly namespace: string;
  readonly input: Pick<CommandInput, "signal">;
  readonly say: (text: string) => void;
}

export interface Rehearsed {
  readonly rehearsal: Rehearsal;
  readonly report: Report;
}

const cleanUpMs = 60_000;

export class Stage implements AsyncDisposable {
  readonly #options: StageOptions;
  readonly #stack = new Disposables();
  readonly #informers: InformerFactory;
  readonly #runner: PlanRunner;
  readonly #load: ReturnType<typeof startLoadProcess>;
  /** The namespace was made here, and goes with us. */
  #madeNamespace = false;

  constructor(options: StageOptions) {
    this.#options = options;
    const { site, request, namespace, input } = options;
    this.#informers = this.#stack.add(createInformerFactory({ client: site.client, clock: wallClock, log: silentLog }));
    this.#runner = new PlanRunner({ client: site.client, informers: this.#informers, clock: wallClock, namespace, signal: input.signal });
    const pid = request.from === "cluster" ? site.ours?.agentPid : undefined;
    this.#load = this.#stack.add(startLoadProcess(pid === undefined ? [] : enterNetwork(pid)));
  }

  async perform(plan: Plan, service: Service): Promise<Rehearsed> {
    const { site, request, namespace, input, say } = this.#options;
    await this.#makeNamespace();
    try {
      const rehearsal = await rehearse(
        {
          client: site.client,
          informers: this.#informers,
          clock: wallClock,
          namespace,
          signal: input.signal,
          load: this.#load,
          locate: (found) => locate(found, site, request),
          connections: request.from === "outside" ? site.ours?.connections : undefined,
          say,
        },
        { plan, service: service.metadata.name, load: request.load, bounds: request.bounds, rollback: request.rollback, standing: false },
      );
      return { rehearsal, report: this.#report(rehearsal, service) };
    } finally {
      await this.#clean(plan);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { site, namespace } = this.#options;
    if (this.#madeNamespace && !site.own) await site.client.delete(namespaceKind, { namespace: "", name: namespace });
    await this.#stack[Symbol.asyncDispose]();
  }

  #report(rehearsal: Rehearsal, service: Service): Report {
    const { site, request } = this.#options;
    return reportOf({
      rehearsal,
      service,
      limits: request.limits,
      where: site.where,
      profile: site.ours === undefined ? "of this cluster" : request.propagation.name,
    });
  }

  async #makeNamespace(): Promise<void> {
    const { site, namespace } = this.#options;
    try {
      await site.client.create(namespaceKind, { metadata: { name: namespace }, spec: {} });
      this.#madeNamespace = true;
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
    }
  }

  /** Even after an interrupt. */
  async #clean(plan: Plan): Promise<void> {
    const { site, namespace } = this.#options;
    const created = plan.change.flatMap((step) => (step.type === "apply" ? [{ kind: step.kind, object: step.object }] : []));
    await this.#runner.remove([...created, ...plan.before]);
    const deadlineMs = wallClock.now() + cleanUpMs;
    const pods = async (): Promise<number> => {
      const { items } = await site.client.list(podKind, { namespace });
      for (const { metadata } of items) await site.client.delete(podKind, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
      return items.length;
    };
    while ((await pods()) > 0 && wallClock.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function enterNetwork(pid: number): string[] {
  const user = process.getuid?.() === 0 ? [] : ["-U", "--preserve-credentials"];
  return ["nsenter", "-t", String(pid), ...user, "-n", "--"];
}
