/** Does a plan's steps as a client of the API, each with a bound: what doesn't come to pass in time is said, not waited for. */
import { deployment as deploymentKind } from "../api/apps/v1/deployment.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import type { InformerFactory } from "../client/informer.ts";
import { conditionOf } from "../machinery/conditions.ts";
import type { Kind, KubeObject } from "../machinery/kind.ts";
import { isApiError } from "../machinery/status.ts";
import type { JsonObject } from "../machinery/patch/jsonValue.ts";
import { createThreeWayMergePatch } from "../machinery/patch/strategicDiff.ts";
import { structOf } from "../schema/structs.ts";
import type { Deployment } from "../schema/shapes/apps.v1.ts";
import type { ManifestObject } from "./manifests.ts";
import { type Step, stepText } from "./plan.ts";

export interface PlanDeps {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** A step was not done within its time. */
export class StuckError extends Error {
  override readonly name = "StuckError";
}

const pollMs = 20;
const usualWaits = ["", "ContainerCreating", "PodInitializing"];

export class PlanRunner {
  readonly #deps: PlanDeps;

  constructor(deps: PlanDeps) {
    this.#deps = deps;
  }

  /** `deadlineMs`: the clock's time by which all must be done. */
  async run(steps: readonly Step[], deadlineMs: number, onStep: (text: string) => void): Promise<void> {
    for (const step of steps) {
      onStep(stepText(step));
      await this.#do(step, deadlineMs);
    }
  }

  async create(objects: readonly ManifestObject[]): Promise<void> {
    for (const { kind, object } of objects) await this.#apply(kind, object, undefined);
  }

  /** Background, without grace: nobody is served any more. Pods are waited for. */
  async remove(objects: readonly ManifestObject[]): Promise<void> {
    for (const { kind, object } of objects) {
      const key = { namespace: kind.namespaced ? this.#deps.namespace : "", name: object.metadata.name };
      await this.#deps.client.delete(kind, key, { propagationPolicy: "Background", gracePeriodSeconds: 0 });
    }
  }

  /** Until the condition holds; throws StuckError with the text when it doesn't in time. */
  async until(holds: () => boolean, deadlineMs: number, stuck: () => string): Promise<void> {
    const { clock, signal } = this.#deps;
    while (!holds()) {
      if (clock.now() >= deadlineMs) throw new StuckError(stuck());
      await sleep(clock, pollMs, signal);
    }
  }

  deployment(name: string): Deployment | undefined {
    return this.#deps.informers.informer(deploymentKind).get({ namespace: this.#deps.namespace, name });
  }

  async rolledOut(name: string, deadlineMs: number, generation: number): Promise<void> {
    await this.until(
      () => {
        const deployment = this.deployment(name);
        if (deployment === undefined) return false;
        const failed = conditionOf(deployment.status?.conditions, "Progressing");
        if (failed?.reason === "ProgressDeadlineExceeded")
          throw new StuckError(`${progressText(deployment)}: it exceeded its progress deadline`);
        return (deployment.metadata.generation ?? 0) >= generation && isRolledOut(deployment);
      },
      deadlineMs,
      () => `${progressText(this.deployment(name), name)} when its time was up${this.#waitingReason(name)}`,
    );
  }

  /** What a pod of the Deployment waits for, in the kubelet's words. */
  #waitingReason(name: string): string {
    const pods = this.#deps.informers.informer(podKind).list(this.#deps.namespace);
    for (const { metadata, status } of pods) {
      if (!metadata.name.startsWith(`${name}-`)) continue;
      const waiting = (status?.containerStatuses ?? []).find(({ state }) => !usualWaits.includes(state?.waiting?.reason ?? ""))?.state
        ?.waiting;
      if (waiting !== undefined)
        return `; ${metadata.name}: ${waiting.reason ?? ""}${waiting.message === undefined ? "" : `, ${waiting.message}`}`;
    }
    return "";
  }

  async #do(step: Step, deadlineMs: number): Promise<void> {
    const { client, clock, namespace, signal } = this.#deps;
    switch (step.type) {
      case "apply":
        return this.#apply(step.kind, step.object, step.original);
      case "patch":
        await client.patch(step.kind, { namespace, name: step.name }, "strategic", step.patch);
        return undefined;
      case "scale":
        await client.patch(deploymentKind, { namespace, name: step.deployment }, "merge", { spec: { replicas: step.replicas } });
        return undefined;
      case "waitRollout":
        return this.rolledOut(step.deployment, deadlineMs, await this.#generation(step.deployment));
      case "waitAvailable":
        return this.until(
          () => (this.deployment(step.deployment)?.status?.availableReplicas ?? 0) >= step.count,
          deadlineMs,
          () => `${progressText(this.deployment(step.deployment), step.deployment)} when its time was up`,
        );
      case "hold":
        return sleep(clock, step.seconds * 1000, signal);
      case "delete":
        await client.delete(step.kind, { namespace, name: step.name });
        return undefined;
    }
  }

  /** Of the newest write: the cache may not have it yet. */
  async #generation(name: string): Promise<number> {
    const now = await this.#deps.client.get(deploymentKind, { namespace: this.#deps.namespace, name });
    if (now === undefined) throw new StuckError(`there is no Deployment "${name}" to wait for`);
    return now.metadata.generation ?? 0;
  }

  async #apply(kind: Kind, object: KubeObject, original: KubeObject | undefined): Promise<void> {
    const { client } = this.#deps;
    const key = { namespace: kind.namespaced ? (object.metadata.namespace ?? this.#deps.namespace) : "", name: object.metadata.name };
    const current = await client.get(kind, key);
    if (current !== undefined) {
      const struct = structOf(kind.struct);
      const [was, is, now] = [original ?? {}, object, current].map((each): JsonObject =>
        Object.fromEntries(Object.entries<JsonObject[string]>(structuredClone(each))),
      );
      const patch = createThreeWayMergePatch(was ?? {}, is ?? {}, now ?? {}, struct);
      if (Object.keys(patch).length > 0) await client.patch(kind, key, "strategic", patch);
      return;
    }
    try {
      await client.create(kind, structuredClone(object));
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
      await this.#apply(kind, object, original);
    }
  }
}

function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const wanted = spec.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status ?? {};
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= updatedReplicas
  );
}

function progressText(deployment: Deployment | undefined, name: string = deployment?.metadata.name ?? ""): string {
  const { updatedReplicas = 0, readyReplicas = 0 } = deployment?.status ?? {};
  return `Deployment "${name}" had ${updatedReplicas} of ${deployment?.spec.replicas ?? 0} pods updated and ${readyReplicas} ready`;
}
