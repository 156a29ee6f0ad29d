/**
 * Deletes pods from nodes whose NoExecute taints they don't tolerate, or no longer. The time runs from when this process first saw the two together.
 * Upstream: pkg/controller/tainteviction/taint_eviction.go
 */
import type { Clock } from "../../base/clock.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { Client, EventRecorder, Key } from "../../client/client.ts";
import { byNodeName, type Informer } from "../../client/informer.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { watchKind } from "../framework/watchKind.ts";
import { stayMs } from "./plan.ts";

const disruption = {
  type: "DisruptionTarget",
  status: "True",
  reason: "DeletionByTaintManager",
  message: "Taint manager: deleting due to NoExecute taint",
};

export class TaintEvictionController implements Controller {
  readonly name = "taint-eviction-controller";
  readonly workers = 8;
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly events: EventRecorder;
  private readonly nodes: Informer<Node>;
  private readonly pods: Informer<Pod>;
  /** Pods that are to go, by key: whose, and since when the time runs. */
  private readonly counted = new Map<string, { readonly uid: string; readonly sinceMs: number }>();

  constructor({ client, informers, clock, events }: ControllerDeps) {
    this.client = informers.readYourWrites(client);
    this.clock = clock;
    this.events = events;
    this.nodes = informers.informer(nodeKind);
    this.pods = informers.informer(podKind);
    this.watches = [
      watchKind(podKind, (pod, previous) => (concerns(pod, previous) ? [keyOf(pod)] : [])),
      watchKind(nodeKind, (node, previous) => {
        if (previous !== undefined && taintsText(node) === taintsText(previous)) return [];
        return this.pods.byIndex(byNodeName, node.metadata.name).map(keyOf);
      }),
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    const id = `${key.namespace}/${key.name}`;
    const pod = this.pods.get(key);
    const counted = this.counted.get(id);
    if (pod === undefined || pod.metadata.uid !== counted?.uid) this.counted.delete(id);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return {};
    const node = this.nodes.get({ namespace: "", name: pod.spec.nodeName ?? "" });
    const stay = stayMs(node?.spec.taints, pod.spec.tolerations);
    const nowMs = this.clock.now();
    if (stay === Number.POSITIVE_INFINITY) {
      if (this.counted.delete(id)) this.tell(pod, `Cancelling deletion of Pod ${id}`);
      return {};
    }
    const sinceMs = this.counted.get(id)?.sinceMs ?? nowMs;
    this.counted.set(id, { uid: pod.metadata.uid ?? "", sinceMs });
    const leftMs = sinceMs + stay - nowMs;
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    await this.evict(pod, nowMs);
    this.counted.delete(id);
    return {};
  }

  private async evict(pod: Pod, nowMs: number): Promise<void> {
    const key = keyOf(pod);
    const { uid } = pod.metadata;
    this.tell(pod, `Marking for deletion Pod ${key.namespace}/${key.name}`);
    if (conditionOf(pod.status?.conditions, disruption.type)?.reason !== disruption.reason) {
      const condition = { ...disruption, lastTransitionTime: rfc3339(nowMs) };
      await this.client.patch(podKind, key, "strategic", { metadata: { uid }, status: { conditions: [condition] } }, "status");
    }
    await this.client.delete(podKind, key, { preconditions: { uid } });
  }

  private tell(pod: Pod, message: string): void {
    this.events.event(pod, "Normal", "TaintManagerEviction", message);
  }
}

function concerns(pod: Pod, previous: Pod | undefined): boolean {
  if (previous === undefined) return (pod.spec.nodeName ?? "") !== "";
  return pod.spec.nodeName !== previous.spec.nodeName || JSON.stringify(pod.spec.tolerations) !== JSON.stringify(previous.spec.tolerations);
}

function taintsText(node: Node): string {
  return JSON.stringify((node.spec.taints ?? []).filter((taint) => taint.effect === "NoExecute").map(({ key, value }) => [key, value]));
}

function keyOf({ metadata: { namespace = "", name } }: Pod): Key {
  return { namespace, name };
}
