/**
 * Finds out how an object's owners are: from the graph where it has seen them, else from the API server by uid.
 * Upstream: pkg/controller/garbagecollector/garbagecollector.go (isDangling), uid_cache.go
 */
import type { Client } from "../../client/client.ts";
import { apiVersionOf, type KindRef } from "../../machinery/kind.ts";
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";
import { foregroundFinalizer, type Graph, type GraphNode } from "./graph.ts";
import type { OwnerState } from "./verdict.ts";

/** Owners known to be absent; a uid never comes back. */
const maxAbsent = 500;

export interface OwnerStates {
  readonly states: ReadonlyMap<string, OwnerState>;
  /** Owners that exist but that no informer has shown: worth asking again. */
  readonly unseen: boolean;
}

export class OwnerLookup {
  private readonly client: Client;
  private readonly graph: Graph;
  private readonly kinds: ReadonlyMap<string, KindRef>;
  private readonly absent = new Set<string>();

  constructor(client: Client, graph: Graph, kinds: readonly KindRef[]) {
    this.client = client;
    this.graph = graph;
    this.kinds = new Map(kinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind]));
  }

  async statesOf(node: GraphNode, references: readonly OwnerReference[]): Promise<OwnerStates> {
    const states = new Map<string, OwnerState>();
    let unseen = false;
    for (const reference of references) {
      const seen = this.graph.ownerNode(node, reference);
      if (seen !== undefined) {
        states.set(reference.uid, seen.deletingDependents ? "waiting" : "solid");
        continue;
      }
      const state = await this.ask(node, reference);
      states.set(reference.uid, state);
      if (state !== "dangling") unseen = true;
    }
    return { states, unseen };
  }

  private async ask(node: GraphNode, reference: OwnerReference): Promise<OwnerState> {
    const kind = this.kinds.get(`${reference.apiVersion} ${reference.kind}`);
    // A kind that nobody knows (yet): no reason to delete anything. A namespaced owner of a cluster-scoped object is no owner that could be looked up.
    if (kind === undefined || (kind.namespaced && node.key.namespace === "")) return "solid";
    const namespace = kind.namespaced ? node.key.namespace : "";
    const known = `${reference.apiVersion} ${reference.kind} ${namespace}/${reference.name} ${reference.uid}`;
    if (this.absent.has(known)) return "dangling";
    const owner = await this.client.get(kind, { namespace, name: reference.name });
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      this.remember(known);
      return "dangling";
    }
    const waits = owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes(foregroundFinalizer);
    return waits ? "waiting" : "solid";
  }

  private remember(known: string): void {
    this.absent.add(known);
    for (const oldest of this.absent) {
      if (this.absent.size <= maxAbsent) return;
      this.absent.delete(oldest);
    }
  }
}
