/**
 * Keeps the node's own objects: registers the Node, renews its Lease every 10 s, writes its status when it changes and every 5 minutes.
 * Upstream: pkg/kubelet/kubelet_node_status.go, staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go
 */
import type { Log } from "../../base/log.ts";
import type { Rng } from "../../base/rng.ts";
import type { Client, EventRecorder } from "../../client/client.ts";
import { lease as leaseKind } from "../../api/coordination/v1/lease.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { conditionTrue } from "../../machinery/conditions.ts";
import { isApiError } from "../../machinery/status.ts";
import { rfc3339Micro } from "../../machinery/time.ts";
import type { Lease } from "../../schema/shapes/coordination.v1.ts";
import type { Node, NodeStatus } from "../../schema/shapes/core.v1.ts";
import type { Images } from "../ports/runtime.ts";
import type { Timers } from "../timers.ts";
import { newNode, nodeStatus, ownLabels, sameNodeStatus, type NodeDescription } from "./nodeObject.ts";

const leaseNamespace = "kube-node-lease";
const leaseSeconds = 40;
const renewMs = 10_000;
/** A renewal is early by up to this share, so that many nodes don't renew together. */
const jitter = 0.04;
const reportMs = 300_000;
const firstRetryMs = 100;
const maxRetryMs = 7000;

interface NodeAgentDeps {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly timers: Timers;
  readonly rng: Rng;
  readonly log: Log;
  readonly images: Images;
}

export class NodeAgent {
  private readonly deps: NodeAgentDeps;
  private readonly description: NodeDescription;
  private readonly stop = new AbortController();
  private node: Node | undefined;
  private lease: Lease | undefined;
  private reportedAtMs = 0;
  private started = false;
  private loops: Promise<unknown> = Promise.resolve();

  constructor(deps: NodeAgentDeps, description: NodeDescription) {
    this.deps = deps;
    this.description = description;
  }

  /** Resolves when the node is registered and its first Lease is written; goes on until disposed. */
  async start(): Promise<void> {
    await this.insist("registering the node", () => this.register());
    if (this.stop.signal.aborted) return;
    const renewing = this.insist("renewing the node's lease", () => this.renew());
    this.deps.events.event(this.subject(), "Normal", "Starting", "Starting kubelet.");
    this.tellReady(undefined, this.node?.status);
    this.started = true;
    await renewing;
    this.loops = this.beat();
  }

  /** What an event about the node regards. */
  private subject(): Node {
    return { ...newNode(this.description, {}), ...this.node, apiVersion: "v1", kind: "Node" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the kubelet stops"));
    await this.loops;
  }

  private async beat(): Promise<void> {
    const { timers, rng } = this.deps;
    const { signal } = this.stop;
    // The first wait spreads the nodes of one process over the whole period.
    let waitMs = renewMs * rng.next();
    for (;;) {
      await timers.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.insist("renewing the node's lease", () => this.renew());
      await this.insist("reporting the node's status", () => this.report());
      waitMs = renewMs * (1 - jitter * rng.next());
    }
  }

  private async insist(what: string, work: () => Promise<void>): Promise<void> {
    const { timers, log } = this.deps;
    let retryMs = firstRetryMs;
    while (!this.stop.signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        log.debug(`${what} failed, will retry`, { node: this.description.name, error: String(error) });
        await timers.sleep(retryMs, this.stop.signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, maxRetryMs);
      }
    }
  }

  private async register(): Promise<void> {
    const { client } = this.deps;
    const status = await this.status(undefined);
    try {
      this.node = await client.create(nodeKind, newNode(this.description, status));
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
      this.node = await client.get(nodeKind, { namespace: "", name: this.description.name });
      await this.takeOver();
    }
    if (!sameNodeStatus(this.node?.status, status)) await this.report();
    this.reportedAtMs = this.deps.timers.clock.now();
  }

  /** A node of that name is there already: brings its labels and addresses up to date. */
  private async takeOver(): Promise<void> {
    const { podCidr } = this.description;
    const labels = ownLabels(this.description);
    const known = this.node?.metadata.labels ?? {};
    const needsCidr = podCidr !== undefined && (this.node?.spec.podCIDR ?? "") === "";
    if (!needsCidr && Object.entries(labels).every(([key, value]) => known[key] === value)) return;
    const spec = needsCidr ? { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } } : {};
    this.node = await this.deps.client.patch(nodeKind, this.key, "strategic", { metadata: { labels }, ...spec });
  }

  private get key(): { readonly namespace: string; readonly name: string } {
    return { namespace: "", name: this.description.name };
  }

  private async status(former: Node | undefined): Promise<ReturnType<typeof nodeStatus>> {
    // A runtime that is away must not keep the node from saying so.
    const images = await this.deps.images.list().catch(() => undefined);
    const listed =
      images?.map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })).sort((a, b) => b.sizeBytes - a.sizeBytes) ??
      former?.status?.images ??
      [];
    return nodeStatus(this.description, listed, former?.status, this.deps.timers.clock.now());
  }

  private async report(): Promise<void> {
    const { client, timers } = this.deps;
    const next = await this.status(this.node);
    const isDue = timers.clock.now() - this.reportedAtMs >= reportMs;
    if (!isDue && sameNodeStatus(this.node?.status, next)) return;
    try {
      const former = this.node?.status;
      this.node = await client.patch(nodeKind, this.key, "strategic", { status: next }, "status");
      if (this.started) this.tellReady(former, next);
      this.reportedAtMs = timers.clock.now();
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
      await this.register();
    }
  }

  /** Upstream: recordNodeStatusEvent */
  private tellReady(former: NodeStatus | undefined, next: NodeStatus | undefined): void {
    const isReady = conditionTrue(next?.conditions, "Ready");
    if (former !== undefined && conditionTrue(former.conditions, "Ready") === isReady) return;
    const reason = isReady ? "NodeReady" : "NodeNotReady";
    this.deps.events.event(this.subject(), "Normal", reason, `Node ${this.description.name} status is now: ${reason}`);
  }

  private async renew(): Promise<void> {
    const { client, timers } = this.deps;
    const renewTime = rfc3339Micro(timers.clock.now());
    try {
      if (this.lease === undefined) this.lease = await this.firstLease(renewTime);
      else this.lease = await client.update(leaseKind, { ...this.lease, spec: { ...this.lease.spec, renewTime } });
    } catch (error) {
      this.lease = undefined;
      throw error;
    }
  }

  private async firstLease(renewTime: string): Promise<Lease> {
    const { client } = this.deps;
    const name = this.description.name;
    const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime };
    const known = await client.get(leaseKind, { namespace: leaseNamespace, name });
    if (known !== undefined) return await client.update(leaseKind, { ...known, spec: { ...known.spec, ...spec } });
    const owner = { apiVersion: "v1", kind: "Node", name, uid: this.node?.metadata.uid ?? "" };
    return await client.create(leaseKind, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: leaseNamespace, ownerReferences: [owner] },
      spec,
    });
  }
}
