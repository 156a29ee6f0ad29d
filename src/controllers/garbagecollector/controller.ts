/**
 * Deletes what has lost its owners: in the background, in the foreground (an owner waits for the dependents that block it) or not at all (orphans).
 * Keys are uids. Left out: kinds that come and go while it runs.
 * Upstream: pkg/controller/garbagecollector/garbagecollector.go
 */
import { assertNever } from "../../base/assert.ts";
import type { Client, EventRecorder, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { apiVersionOf, type KindRef, type KubeObject } from "../../machinery/kind.ts";
import { isApiError } from "../../machinery/status.ts";
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { foregroundFinalizer, Graph, orphanFinalizer, type GraphNode } from "./graph.ts";
import { OwnerLookup } from "./owners.ts";
import { verdictOn, type Verdict } from "./verdict.ts";

/** How soon to ask again after an owner that exists but was not shown by an informer. */
const unseenOwnerRetryMs = 10_000;

export interface GarbageCollectorOptions {
  /** All kinds that are stored. */
  readonly kinds: readonly KindRef[];
}

export class GarbageCollectorController implements Controller {
  readonly name = "garbage-collector-controller";
  readonly workers = 20;
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly events: EventRecorder;
  private readonly graph = new Graph();
  private readonly owners: OwnerLookup;

  constructor({ client, informers, events }: ControllerDeps, options: GarbageCollectorOptions) {
    this.client = informers.readYourWrites(client);
    this.events = events;
    this.owners = new OwnerLookup(this.client, this.graph, options.kinds);
    this.watches = watchedKinds(options.kinds).map((kind) => {
      const informer = informers.informer(kind);
      return { kind, via: (object) => this.see(kind, informer, object) };
    });
  }

  async reconcile({ name: uid }: Key): Promise<Outcome> {
    const node = this.graph.get(uid);
    if (node === undefined) return {};
    if (node.orphaning) {
      await this.orphan(node);
      return {};
    }
    if (node.deletingDependents) {
      if (this.graph.blockingDependentsOf(uid).length === 0) await this.removeFinalizer(node, foregroundFinalizer);
      return {};
    }
    // Being deleted is a one-way street: what remains is to wait.
    if (node.beingDeleted || !this.graph.hasQuestionableOwner(node)) return {};
    const latest = await this.client.get(node.kind, node.key);
    if (latest === undefined || latest.metadata.uid !== uid) return {};
    this.reportForeignOwners(node, latest);
    const { states, unseen } = await this.owners.statesOf(node, latest.metadata.ownerReferences ?? []);
    const dependents = this.graph.dependentsOf(uid);
    const oneIsWaiting = dependents.some((dependent) => dependent.deletingDependents);
    await this.execute(node, latest, verdictOn(latest.metadata, states, { count: dependents.length, oneIsWaiting }));
    return unseen ? { requeueAfterMs: unseenOwnerRetryMs } : {};
  }

  /** Keeps the graph; the keys are what the change makes worth a look. */
  private see(kind: KindRef, informer: Informer<KubeObject>, object: KubeObject): Key[] {
    const { uid = "", namespace = "", name } = object.metadata;
    const there = informer.get({ namespace, name })?.metadata.uid === uid;
    const worth = there ? this.graph.observe(kind, object) : this.graph.forget(uid);
    return [...worth].map((each) => ({ namespace: "", name: each }));
  }

  private async execute(node: GraphNode, latest: KubeObject, verdict: Verdict): Promise<void> {
    switch (verdict.type) {
      case "keep":
        return;
      case "dropReferences":
        await this.setOwners(node, latest, verdict.ownerReferences);
        return;
      case "delete": {
        const unblocked = (latest.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, blockOwnerDeletion: false }));
        const current = verdict.unblock ? await this.setOwners(node, latest, unblocked) : latest;
        await this.delete(node, current, verdict.propagationPolicy);
        return;
      }
      default:
        assertNever(verdict);
    }
  }

  private setOwners(node: GraphNode, latest: KubeObject, ownerReferences: OwnerReference[]): Promise<KubeObject> {
    const { uid, resourceVersion } = latest.metadata;
    const owners = ownerReferences.length === 0 ? null : ownerReferences;
    return this.client.patch(node.kind, node.key, "merge", { metadata: { uid, resourceVersion, ownerReferences: owners } });
  }

  /** Only as judged: if it changed meanwhile, it is still deleted as long as its owners are the same. */
  private async delete(node: GraphNode, latest: KubeObject, propagationPolicy: "Background" | "Foreground" | "Orphan"): Promise<void> {
    const { uid, resourceVersion, ownerReferences } = latest.metadata;
    try {
      await this.client.delete(node.kind, node.key, { propagationPolicy, preconditions: { uid, resourceVersion } });
    } catch (error) {
      if (!isApiError(error, "Conflict")) throw error;
      const now = await this.client.get(node.kind, node.key);
      if (now === undefined || now.metadata.uid !== uid) return;
      if (JSON.stringify(now.metadata.ownerReferences) !== JSON.stringify(ownerReferences)) throw error;
      await this.client.delete(node.kind, node.key, { propagationPolicy, preconditions: { uid } });
    }
  }

  private async orphan(owner: GraphNode): Promise<void> {
    await Promise.all(
      this.graph.dependentsOf(owner.uid).map(async (dependent) => {
        const latest = await this.client.get(dependent.kind, dependent.key);
        if (latest === undefined || latest.metadata.uid !== dependent.uid) return;
        const references = latest.metadata.ownerReferences ?? [];
        const others = references.filter((reference) => reference.uid !== owner.uid);
        if (others.length < references.length) await this.setOwners(dependent, latest, others);
      }),
    );
    await this.removeFinalizer(owner, orphanFinalizer);
  }

  private async removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const latest = await this.client.get(node.kind, node.key);
    if (latest === undefined || latest.metadata.uid !== node.uid) return;
    const { uid, resourceVersion, finalizers = [] } = latest.metadata;
    if (!finalizers.includes(finalizer)) return;
    const others = finalizers.filter((each) => each !== finalizer);
    await this.client.patch(node.kind, node.key, "merge", { metadata: { uid, resourceVersion, finalizers: others } });
  }

  /** An owner that lives in another namespace is no owner; whoever wrote the reference should hear of it. */
  private reportForeignOwners(node: GraphNode, latest: KubeObject): void {
    for (const { apiVersion, kind, name, uid } of latest.metadata.ownerReferences ?? []) {
      const owner = this.graph.get(uid);
      if (owner === undefined || !owner.kind.namespaced || owner.key.namespace === node.key.namespace) continue;
      const { namespace } = node.key;
      const reference = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
      const message = `ownerRef ${reference} does not exist in namespace "${namespace}"`;
      const regarding = { ...latest, apiVersion: apiVersionOf(node.kind), kind: node.kind.kind };
      this.events.event(regarding, "Warning", "OwnerRefInvalidNamespace", message);
    }
  }
}

/** One version of each resource, and none of Events, which own nothing and are owned by nobody. */
function watchedKinds(kinds: readonly KindRef[]): KindRef[] {
  const byResource = new Map<string, KindRef>();
  for (const kind of kinds) {
    const resource = `${kind.group}/${kind.plural}`;
    if (kind.kind !== "Event" && !byResource.has(resource)) byResource.set(resource, kind);
  }
  return [...byResource.values()];
}
