/**
 * The writes of a ReplicaSet on its pods, each safe to repeat: creation under a name chosen here, deletion bound to the pod's uid.
 * Upstream: pkg/controller/controller_utils.go (RealPodControl)
 */
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { replicaSet as replicaSetKind } from "../../api/apps/v1/replicaSet.ts";
import { nameSuffix, type Rng } from "../../base/rng.ts";
import type { Client, EventRecorder } from "../../client/client.ts";
import { controllerOf, ownerReferenceTo } from "../../machinery/owners.ts";
import { ApiError, isApiError } from "../../machinery/status.ts";
import type { ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { keyOf } from "../framework/claims.ts";
import type { InDoubt } from "./inDoubt.ts";

/** The server cuts names to 63 for labels; a prefix longer than this leaves no room for the suffix. */
const maxPrefixLength = 58;
const maxNameTries = 8;

export interface PodControlOptions {
  /** Its writes must be in the caches when the call returns. */
  readonly client: Client;
  readonly events: EventRecorder;
  readonly rng: Rng;
}

export class PodControl {
  private readonly options: PodControlOptions;

  constructor(options: PodControlOptions) {
    this.options = options;
  }

  /** A name to create a pod under: first those of which it is unknown whether they were created. */
  names(replicaSet: ReplicaSet, doubts: InDoubt, count: number): readonly string[] {
    const names = [...doubts.names].slice(0, count);
    while (names.length < count) names.push(this.freshName(replicaSet));
    return names;
  }

  /** Creates a pod, or finds that an earlier try has. */
  async create(replicaSet: ReplicaSet, name: string, doubts: InDoubt): Promise<void> {
    const { events } = this.options;
    try {
      const created = await this.createUnder(replicaSet, name, doubts);
      events.event(replicaSet, "Normal", "SuccessfulCreate", `Created pod: ${created}`);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!(error instanceof AwaitingCacheError))
        events.event(replicaSet, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Tries another name when a stranger has this one. Gives the name that it became. */
  private async createUnder(replicaSet: ReplicaSet, name: string, doubts: InDoubt, attempt = 1): Promise<string> {
    const wasInDoubt = doubts.names.has(name);
    doubts.names.add(name);
    try {
      await this.options.client.create(podKind, podOf(replicaSet, name));
      doubts.names.delete(name);
      return name;
    } catch (error) {
      const taken = isApiError(error, "AlreadyExists");
      if (taken && (await this.isOurs(replicaSet, name))) throw new AwaitingCacheError(name);
      if (taken || (isRefusal(error) && !wasInDoubt)) doubts.names.delete(name);
      if (!taken || attempt === maxNameTries) throw error;
    }
    return this.createUnder(replicaSet, this.freshName(replicaSet), doubts, attempt + 1);
  }

  async delete(replicaSet: ReplicaSet, pod: Pod, doubts: InDoubt): Promise<void> {
    const { client, events } = this.options;
    const uid = pod.metadata.uid ?? "";
    const wasInDoubt = doubts.deletions.has(uid);
    doubts.deletions.add(uid);
    try {
      const { state } = await client.deleteObject(podKind, keyOf(pod), { preconditions: { uid } });
      doubts.deletions.delete(uid);
      if (state !== "absent") events.event(replicaSet, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    } catch (error) {
      if (isRefusal(error) && !wasInDoubt) doubts.deletions.delete(uid);
      events.event(replicaSet, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  private freshName(replicaSet: ReplicaSet): string {
    return `${generateNameOf(replicaSet).slice(0, maxPrefixLength)}${nameSuffix(this.options.rng)}`;
  }

  private async isOurs(replicaSet: ReplicaSet, name: string): Promise<boolean> {
    const pod = await this.options.client.get(podKind, { namespace: replicaSet.metadata.namespace ?? "", name });
    return pod !== undefined && controllerOf(pod)?.uid === replicaSet.metadata.uid;
  }
}

/** An earlier try did create the pod; the watch will bring it. */
export class AwaitingCacheError extends Error {
  override readonly name = "AwaitingCacheError";
  constructor(podName: string) {
    super(`pod ${podName} exists already and isn't in the cache yet`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function generateNameOf(replicaSet: ReplicaSet): string {
  return `${replicaSet.metadata.name}-`;
}

function podOf(replicaSet: ReplicaSet, name: string): Pod {
  const { metadata = {}, spec } = replicaSet.spec.template ?? { spec: { containers: [] } };
  return {
    metadata: {
      name,
      generateName: generateNameOf(replicaSet),
      namespace: replicaSet.metadata.namespace,
      labels: metadata.labels,
      annotations: metadata.annotations,
      finalizers: metadata.finalizers,
      ownerReferences: [ownerReferenceTo(replicaSetKind, replicaSet)],
    },
    spec,
  };
}

/** It was certainly not carried out; that says nothing about an earlier try. Any other failure leaves it open. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.code < 500;
}

/** Nothing can be created in a namespace that is being deleted, and nothing needs to. */
function isNamespaceTerminating(error: unknown): boolean {
  return isApiError(error) && (error.status.details?.causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");
}
