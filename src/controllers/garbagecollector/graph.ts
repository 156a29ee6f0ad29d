/**
 * Who owns whom, by uid, kept from what the informers see. Each change answers with the uids that are worth a look. An owner that was never
 * seen has dependents here but no node; whether it exists is asked of the API server, not of the graph.
 * Upstream: pkg/controller/garbagecollector/graph_builder.go, whose virtual nodes are these absent ones.
 */
import type { Key } from "../../client/client.ts";
import { apiVersionOf, type KindRef, type KubeObject } from "../../machinery/kind.ts";
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

export interface GraphNode {
  readonly uid: string;
  readonly kind: KindRef;
  readonly key: Key;
  readonly owners: readonly OwnerReference[];
  readonly beingDeleted: boolean;
  /** Deleted in the foreground: it goes after the dependents that block it. */
  readonly deletingDependents: boolean;
  /** Deleted, but its dependents are to be let go first. */
  readonly orphaning: boolean;
}

export class Graph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.dependents.get(uid) ?? [])].flatMap((dependent) => this.nodes.get(dependent) ?? []);
  }

  /** Those whose reference holds up the owner's foreground deletion. */
  blockingDependentsOf(uid: string): GraphNode[] {
    return this.dependentsOf(uid).filter((node) => node.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true));
  }

  /** The object is there, in this state. */
  observe(kind: KindRef, object: KubeObject): Set<string> {
    const next = nodeOf(kind, object);
    const before = this.nodes.get(next.uid);
    this.nodes.set(next.uid, next);
    for (const owner of before?.owners ?? []) this.unlink(owner.uid, next.uid);
    for (const owner of next.owners) this.link(owner.uid, next.uid);
    const unblocked = (before?.owners ?? []).filter((owner) => this.isUnblocked(owner, next)).map((owner) => owner.uid);
    const worth = new Set([...unblocked, ...this.dependentsConcerned(before, next)]);
    if (next.orphaning || next.deletingDependents || this.hasQuestionableOwner(next)) worth.add(next.uid);
    return worth;
  }

  /** Whether an owner is absent, not what the reference says, or waiting for this very dependent to go. */
  hasQuestionableOwner(dependent: GraphNode): boolean {
    return dependent.owners.some((owner) => {
      const node = this.ownerNode(dependent, owner);
      return node === undefined || node.deletingDependents;
    });
  }

  /** When an owner begins to wait, all of them; when it is first seen, those that mean something else by its uid. */
  private dependentsConcerned(before: GraphNode | undefined, next: GraphNode): string[] {
    const begins = next.deletingDependents && before?.deletingDependents !== true;
    if (!begins && before !== undefined) return [];
    return this.dependentsOf(next.uid)
      .filter((dependent) => begins || dependent.owners.some((owner) => owner.uid === next.uid && !matches(owner, dependent, next)))
      .map((dependent) => dependent.uid);
  }

  /** The object is gone. */
  forget(uid: string): Set<string> {
    const node = this.nodes.get(uid);
    if (node === undefined) return new Set();
    this.nodes.delete(uid);
    const worth = new Set(this.dependents.get(uid));
    for (const owner of node.owners) {
      this.unlink(owner.uid, uid);
      if (this.nodes.get(owner.uid)?.deletingDependents === true) worth.add(owner.uid);
    }
    return worth;
  }

  /** The owner's node, if it is what the reference says and is where the dependent may refer to. */
  ownerNode(dependent: GraphNode, owner: OwnerReference): GraphNode | undefined {
    const node = this.nodes.get(owner.uid);
    return node !== undefined && matches(owner, dependent, node) ? node : undefined;
  }

  private link(owner: string, dependent: string): void {
    const siblings = this.dependents.get(owner) ?? new Set();
    this.dependents.set(owner, siblings.add(dependent));
  }

  private unlink(owner: string, dependent: string): void {
    const siblings = this.dependents.get(owner);
    siblings?.delete(dependent);
    if (siblings?.size === 0) this.dependents.delete(owner);
  }

  /** Whether an owner that waits in the foreground no longer has to wait for this one. */
  private isUnblocked(former: OwnerReference, next: GraphNode): boolean {
    if (former.blockOwnerDeletion !== true || this.nodes.get(former.uid)?.deletingDependents !== true) return false;
    return !next.owners.some((owner) => owner.uid === former.uid && owner.blockOwnerDeletion === true);
  }
}

function nodeOf(kind: KindRef, { metadata }: KubeObject): GraphNode {
  const { uid = "", namespace = "", name, ownerReferences = [], finalizers = [], deletionTimestamp } = metadata;
  const beingDeleted = deletionTimestamp !== undefined;
  return {
    uid,
    kind,
    key: { namespace, name },
    owners: ownerReferences,
    beingDeleted,
    deletingDependents: beingDeleted && finalizers.includes(foregroundFinalizer),
    orphaning: beingDeleted && finalizers.includes(orphanFinalizer),
  };
}

/** An owner is cluster-scoped or in the dependent's namespace; anything else is no owner. */
function matches(owner: OwnerReference, dependent: GraphNode, node: GraphNode): boolean {
  return (
    owner.name === node.key.name &&
    owner.kind === node.kind.kind &&
    owner.apiVersion === apiVersionOf(node.kind) &&
    (!node.kind.namespaced || node.key.namespace === dependent.key.namespace)
  );
}
