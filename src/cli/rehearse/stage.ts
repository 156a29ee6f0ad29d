/** Rehearses plans one after the other, on whatever cluster and with whatever clock: a fresh start for each, and nothing left behind. */
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { InformerFactory } from "../../client/informer.ts";
import { isApiError } from "../../machinery/status.ts";
import { deploymentsIn, identityOf, type ManifestObject } from "../../rehearsal/manifests.ts";
import type { Plan } from "../../rehearsal/plan.ts";
import type { LoadGenerator } from "../../rehearsal/ports/load.ts";
import { type Rehearsal, rehearse, type RehearsalDeps, RehearsalRefused } from "../../rehearsal/rehearse.ts";
import { type Report, reportOf } from "../../rehearsal/report/model.ts";
import { PlanRunner } from "../../rehearsal/runPlan.ts";
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";
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
    await this.#refuseStrangers(objectsOf(plan));
    try {
      const rehearsal = await rehearse(this.#options, { plan, service: service.metadata.name, load, bounds, rollback });
      return {
        rehearsal,
        report: reportOf({ rehearsal, service, limits, where, profile, profileP99Ms }),
      };
    } finally {
      await this.#clean(plan);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { client, namespace, own, clock } = this.#options;
    if (!this.#madeNamespace || own) return;
    const key = { namespace: "", name: namespace };
    await client.delete(namespaceKind, key);
    // The next plan may want it again.
    const deadlineMs = clock.now() + cleanUpMs;
    while ((await client.get(namespaceKind, key)) !== undefined && clock.now() < deadlineMs) await sleep(clock, cleanUpPauseMs);
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

  /** What somebody else made is neither changed nor removed. */
  async #refuseStrangers(objects: readonly ManifestObject[]): Promise<void> {
    const { client, namespace, own } = this.#options;
    if (own) return;
    for (const { kind, object } of objects) {
      if (this.#madeNamespace && kind.namespaced) continue;
      const { name } = object.metadata;
      if ((await client.get(kind, { namespace: kind.namespaced ? namespace : "", name })) === undefined) continue;
      const place = kind.namespaced ? `Namespace "${namespace}"` : "The cluster";
      throw new RehearsalRefused(
        `${place} has a ${kind.kind} "${name}" already, and a rehearsal removes what it made: ${kind.namespaced ? "leave --namespace away, and it makes a namespace of its own" : "take it out of the manifests"}.`,
      );
    }
  }

  /** Even after an interrupt. */
  async #clean(plan: Plan): Promise<void> {
    const { client, namespace, clock } = this.#options;
    const objects = objectsOf(plan);
    await this.#runner.remove(objects);
    const deployments = deploymentsIn(objects).map(({ metadata }) => metadata.name);
    const deadlineMs = clock.now() + cleanUpMs;
    const pods = async (): Promise<number> => {
      const { items } = await client.list(podKind, { namespace });
      const ours = items.filter((pod) => this.#options.own || this.#madeNamespace || isOf(pod, deployments));
      for (const { metadata } of ours) await client.delete(podKind, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
      return ours.length;
    };
    while ((await pods()) > 0 && clock.now() < deadlineMs) await sleep(clock, cleanUpPauseMs);
  }
}

/** Everything that a plan may make. */
function objectsOf(plan: Plan): ManifestObject[] {
  const made = plan.change.flatMap((step) => (step.type === "apply" ? [{ kind: step.kind, object: step.object }] : []));
  const before = new Set(plan.before.map(({ kind, object }) => identityOf(kind, object.metadata.name)));
  return [...made.filter(({ kind, object }) => !before.has(identityOf(kind, object.metadata.name))), ...plan.before];
}

/** A pod's owner is a ReplicaSet, named after its Deployment. */
function isOf(pod: Pod, deployments: readonly string[]): boolean {
  const owner = pod.metadata.ownerReferences?.[0]?.name ?? "";
  return deployments.includes(owner.slice(0, owner.lastIndexOf("-")));
}
