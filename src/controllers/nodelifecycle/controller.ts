/**
 * Watches over the nodes: no sign of life turns a node Unknown, its taints follow its conditions, and its pods stop counting as ready.
 * A node's own key keeps its taints; the empty key is the round over all of them. After a pause of the whole process (a laptop that slept) every node
 * gets its full grace anew. Left out: the beta os and arch labels.
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import type { Clock } from "../../base/clock.ts";
import { lease as leaseKind } from "../../api/coordination/v1/lease.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { Client, EventRecorder, Key } from "../../client/client.ts";
import { byNodeName, type Informer } from "../../client/informer.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import { isPodReady } from "../../machinery/pods.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { Lease } from "../../schema/shapes/coordination.v1.ts";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { watchKind } from "../framework/watchKind.ts";
import { EvictionLimiter, noExecutePlan } from "./disruption.ts";
import { feel, isGone, unknownConditions, type GracePeriods, type Pulse } from "./health.ts";
import { taintsFor, type NoExecute } from "./taints.ts";

const leaseNamespace = "kube-node-lease";
const roundKey: Key = { namespace: "", name: "" };

export interface NodeLifecycleOptions {
  /** How often to look for signs of life; default 5 s. */
  readonly monitorPeriodMs?: number | undefined;
  /** Default 50 s. */
  readonly monitorGraceMs?: number | undefined;
  /** Default 60 s. */
  readonly startupGraceMs?: number | undefined;
}

export class NodeLifecycleController implements Controller {
  readonly name = "node-lifecycle-controller";
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly events: EventRecorder;
  private readonly nodes: Informer<Node>;
  private readonly leases: Informer<Lease>;
  private readonly pods: Informer<Pod>;
  private readonly periodMs: number;
  private readonly grace: GracePeriods;
  private readonly pulses = new Map<string, Pulse>();
  private readonly known = new Map<string, Node>();
  private readonly limiter = new EvictionLimiter();
  private lastRoundMs: number | undefined;

  constructor({ client, informers, clock, events }: ControllerDeps, options: NodeLifecycleOptions = {}) {
    this.client = informers.readYourWrites(client);
    this.clock = clock;
    this.events = events;
    this.nodes = informers.informer(nodeKind);
    this.leases = informers.informer(leaseKind);
    this.pods = informers.informer(podKind);
    this.periodMs = options.monitorPeriodMs ?? 5000;
    this.grace = { monitorGraceMs: options.monitorGraceMs ?? 50_000, startupGraceMs: options.startupGraceMs ?? 60_000 };
    this.watches = [
      watchKind(nodeKind, (node, previous) => {
        const own = { namespace: "", name: node.metadata.name };
        return previous === undefined || readyStatus(node) !== readyStatus(previous) ? [own, roundKey] : [own];
      }),
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    if (key.name === "") return this.round();
    const node = this.nodes.get(key);
    // A Ready node sheds its taints at once; one that isn't waits for the round, which knows how all the others are.
    if (node !== undefined) await this.setTaints(node, readyStatus(node) === "True" ? "none" : "asIs");
    return {};
  }

  private async round(): Promise<Outcome> {
    const nowMs = this.clock.now();
    const slept = this.lastRoundMs !== undefined && nowMs - this.lastRoundMs > Math.max(4 * this.periodMs, this.grace.monitorGraceMs / 2);
    this.lastRoundMs = nowMs;
    if (slept) for (const [name, pulse] of this.pulses) this.pulses.set(name, { ...pulse, seenAtMs: nowMs });
    const present = this.nodes.list();
    this.greet(present);
    const results = await Promise.allSettled(present.map((node) => this.check(node)));
    const plan = noExecutePlan(this.nodes.list(), this.limiter, this.clock.now());
    results.push(...(await Promise.allSettled([...plan].map(([node, noExecute]) => this.setTaints(node, noExecute)))));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return this.known.size === 0 ? {} : { requeueAfterMs: this.periodMs };
  }

  /** Notes who came and who left. */
  private greet(present: readonly Node[]): void {
    const names = new Set(present.map((node) => node.metadata.name));
    for (const node of present) {
      const { name } = node.metadata;
      if (!this.known.has(name))
        this.events.event(node, "Normal", "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
      this.known.set(name, node);
    }
    for (const [name, node] of this.known) {
      if (names.has(name)) continue;
      this.events.event(node, "Normal", "RemovingNode", `Node ${name} event: Removing Node ${name} from Controller`);
      this.known.delete(name);
      this.pulses.delete(name);
      this.limiter.forget(name);
    }
  }

  private async check(node: Node): Promise<void> {
    const { name } = node.metadata;
    const nowMs = this.clock.now();
    const lease = this.leases.get({ namespace: leaseNamespace, name });
    const pulse = feel(node, lease, this.pulses.get(name), nowMs);
    this.pulses.set(name, pulse);
    if (!isGone(node, pulse, this.grace, nowMs)) return;
    const conditions = unknownConditions(node, rfc3339(nowMs));
    if (conditions !== undefined) {
      const wasReady = readyStatus(node) === "True";
      await this.client.updateStatus(nodeKind, { ...node, status: { ...node.status, conditions } });
      if (wasReady) this.events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    }
    await this.markPodsNotReady(name, nowMs);
  }

  private async markPodsNotReady(nodeName: string, nowMs: number): Promise<void> {
    for (const pod of this.pods.byIndex(byNodeName, nodeName)) {
      if (!isPodReady(pod)) continue;
      const { namespace = "", name, uid } = pod.metadata;
      const notReady = { type: "Ready", status: "False", lastTransitionTime: rfc3339(nowMs) };
      await this.client.patch(
        podKind,
        { namespace, name },
        "strategic",
        { metadata: { uid }, status: { conditions: [notReady] } },
        "status",
      );
      this.events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
    }
  }

  private async setTaints(node: Node, noExecute: NoExecute): Promise<void> {
    const taints = taintsFor(node, noExecute, rfc3339(this.clock.now()));
    if (taints === undefined) return;
    const { name, uid, resourceVersion } = node.metadata;
    const spec = { taints: taints.length === 0 ? null : taints };
    await this.client.patch(nodeKind, { namespace: "", name }, "merge", { metadata: { uid, resourceVersion }, spec });
  }
}

function readyStatus(node: Node): string | undefined {
  return conditionOf(node.status?.conditions, "Ready")?.status;
}
