/**
 * Keeps as many pods of a template as asked for. It never acts on a cache from before its own last write: writes are seen at once, and those with
 * an unknown outcome are repeated under the same name. Left out: ReplicationController.
 * Upstream: pkg/controller/replicaset/replica_set.go
 */
import { replicaSet as replicaSetKind } from "../../api/apps/v1/replicaSet.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { Key, ReadYourWritesClient } from "../../client/client.ts";
import { byOwnerUid, type Informer } from "../../client/informer.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { SelectorError } from "../../machinery/requirements.ts";
import { selectorOf, type Selector } from "../../machinery/selectors.ts";
import type { ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { adoptAll, keyOf, planClaims, releaseAll, type Claims } from "../framework/claims.ts";
import { TerminalError, type Controller, type Outcome, type Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { isPodActive } from "../framework/podAvailability.ts";
import { watchKind } from "../framework/watchKind.ts";
import { allOrFirstFailure, inGrowingBatches } from "./batches.ts";
import { InDoubtByOwner, type InDoubt } from "./inDoubt.ts";
import { AwaitingCacheError, messageOf, PodControl } from "./podControl.ts";
import { podsToDelete } from "./ranking.ts";
import { nextAvailabilityInMs, sameStatus, statusOf, type Trouble } from "./status.ts";

/** Pods created or deleted in one pass. */
const maxBurst = 500;
/** A pass looks at every pod and every pod's change asks for one, so from here on passes are spaced: 100 ms for a thousand pods. */
const manyPods = 100;
const restPerPodMs = 0.1;
/** Index on Pods without a controller: their namespace. */
const orphansByNamespace = "orphansByNamespace";

export class ReplicaSetController implements Controller {
  readonly name = "replicaset-controller";
  readonly watches: readonly Watch[];
  private readonly deps: ControllerDeps;
  private readonly client: ReadYourWritesClient;
  private readonly replicaSets: Informer<ReplicaSet>;
  private readonly pods: Informer<Pod>;
  private readonly podControl: PodControl;
  private readonly inDoubt = new InDoubtByOwner();

  constructor(deps: ControllerDeps) {
    this.deps = deps;
    this.client = deps.informers.readYourWrites(deps.client);
    this.podControl = new PodControl({ client: this.client, events: deps.events, rng: deps.rng });
    this.replicaSets = deps.informers.informer(replicaSetKind);
    this.pods = deps.informers.informer(podKind);
    this.pods.addIndex(orphansByNamespace, (pod) => (controllerOf(pod) === undefined ? [pod.metadata.namespace ?? ""] : []));
    this.watches = [{ kind: replicaSetKind, via: "self" }, watchKind(podKind, (pod, previous) => this.concernedBy(pod, previous))];
  }

  async reconcile(key: Key): Promise<Outcome> {
    // A pod that was made though the answer got lost counts, also in the status that others act on.
    await this.client.resolveDoubts();
    const doubtsKey = `${key.namespace}/${key.name}`;
    const replicaSet = this.replicaSets.get(key);
    if (replicaSet === undefined) {
      this.inDoubt.forget(doubtsKey);
      return {};
    }
    const selector = selectorFor(replicaSet);
    const { adopt, release } = this.claims(replicaSet, selector);
    const kinds = { client: this.client, ownerKind: replicaSetKind, kind: podKind };
    await adoptAll(kinds, replicaSet, adopt);
    await releaseAll(kinds, replicaSet, release);

    const doubts = this.inDoubt.of(doubtsKey, replicaSet.metadata.uid ?? "");
    const before = this.claims(replicaSet, selector).owned;
    let trouble: Trouble | undefined;
    let failure: unknown;
    const surplus = before.filter(isPodActive).length - (replicaSet.spec.replicas ?? 1);
    if (replicaSet.metadata.deletionTimestamp === undefined) {
      try {
        await this.manage(replicaSet, before, surplus, doubts);
      } catch (error) {
        failure = error;
        if (!(error instanceof AwaitingCacheError)) {
          trouble = { reason: surplus < 0 ? "FailedCreate" : "FailedDelete", message: messageOf(error) };
        }
      }
    }
    const requeueAfterMs = await this.report(replicaSet, selector, trouble);
    if (failure !== undefined) throw failure;
    const isThrough = Math.abs(surplus) <= maxBurst;
    return { requeueAfterMs, restMs: isThrough && before.length >= manyPods ? before.length * restPerPodMs : undefined };
  }

  private claims(replicaSet: ReplicaSet, selector: Selector): Claims<Pod> {
    const { uid = "", namespace = "" } = replicaSet.metadata;
    const candidates = [...this.pods.byIndex(byOwnerUid, uid), ...this.pods.byIndex(orphansByNamespace, namespace)];
    return planClaims({ owner: replicaSet, selector, isAlive: isPodActive }, candidates);
  }

  private async manage(replicaSet: ReplicaSet, pods: readonly Pod[], surplus: number, doubts: InDoubt): Promise<void> {
    for (const pod of pods) {
      doubts.names.delete(pod.metadata.name);
      if (!isPodActive(pod)) doubts.deletions.delete(pod.metadata.uid ?? "");
    }
    if (surplus < 0) {
      const names = this.podControl.names(replicaSet, doubts, Math.min(-surplus, maxBurst));
      await inGrowingBatches(names, (name) => this.podControl.create(replicaSet, name, doubts));
    }
    if (surplus > 0) {
      const chosen = this.choose(replicaSet, pods.filter(isPodActive), Math.min(surplus, maxBurst), doubts);
      await allOrFirstFailure(chosen, (pod) => this.podControl.delete(replicaSet, pod, doubts));
    }
  }

  /** Those whose deletion is under way perhaps, then those that lose the least. */
  private choose(replicaSet: ReplicaSet, active: readonly Pod[], count: number, doubts: InDoubt): readonly Pod[] {
    const doubtful = active.filter((pod) => doubts.deletions.has(pod.metadata.uid ?? "")).slice(0, count);
    const others = active.filter((pod) => !doubtful.includes(pod));
    const rest = podsToDelete({
      pods: others,
      related: this.related(replicaSet),
      count: count - doubtful.length,
      minReadySeconds: replicaSet.spec.minReadySeconds ?? 0,
      nowMs: this.deps.clock.now(),
    });
    return [...doubtful, ...rest];
  }

  /** Pods of all ReplicaSets that have the same controller. */
  private related(replicaSet: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings = owner === undefined ? [] : this.replicaSets.byIndex(byOwnerUid, owner.uid);
    return siblings.flatMap((sibling) => this.pods.byIndex(byOwnerUid, sibling.metadata.uid ?? ""));
  }

  /** Writes the status if it changed; gives when to look again because a ready pod becomes available. */
  private async report(replicaSet: ReplicaSet, selector: Selector, trouble: Trouble | undefined): Promise<number | undefined> {
    const nowMs = this.deps.clock.now();
    const pods = this.claims(replicaSet, selector).owned;
    const status = statusOf(replicaSet, pods, trouble, nowMs);
    if (!sameStatus(replicaSet.status, status)) {
      const latest = this.replicaSets.get(keyOf(replicaSet));
      if (latest?.metadata.uid !== replicaSet.metadata.uid) return undefined;
      await this.client.updateStatus(replicaSetKind, { ...replicaSet, status });
    }
    return nextAvailabilityInMs(replicaSet, pods, nowMs);
  }

  /** The controllers of a changed pod, or for an orphan whoever selects it. */
  private concernedBy(pod: Pod, previous: Pod | undefined): readonly Key[] {
    const namespace = pod.metadata.namespace ?? "";
    const states = previous === undefined ? [pod] : [pod, previous];
    const owners = states.flatMap((state) => {
      const owner = controllerOf(state);
      return owner?.kind === replicaSetKind.kind ? [{ namespace, name: owner.name }] : [];
    });
    if (controllerOf(pod) !== undefined) return owners;
    const selecting = this.replicaSets.list(namespace).filter((replicaSet) => selects(replicaSet, pod));
    return [...owners, ...selecting.map(keyOf)];
  }
}

function selects(replicaSet: ReplicaSet, pod: Pod): boolean {
  try {
    return selectorFor(replicaSet).matches(pod.metadata.labels ?? {});
  } catch {
    return false;
  }
}

function selectorFor(replicaSet: ReplicaSet): Selector {
  try {
    return selectorOf(replicaSet.spec.selector);
  } catch (error) {
    if (error instanceof SelectorError) throw new TerminalError(`the selector is invalid: ${error.message}`);
    throw error;
  }
}
