/**
 * Gives every node a range of pod addresses of its own. One worker, so two nodes never get the same one; what is given is in `spec.podCIDR`.
 * Left out: dual stack, ranges of different sizes. Upstream: pkg/controller/nodeipam/ipam/range_allocator.go
 */
import { node as nodeKind } from "../../api/core/v1/node.ts";
import type { Client, EventRecorder, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { Node } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { firstFreeRange, podRanges, type PodRanges } from "./ranges.ts";

const retryMs = 60_000;

export interface NodeIpamOptions {
  /** The whole cluster's pod range, e.g. `10.244.0.0/16`. */
  readonly clusterCidr: string;
  /** Prefix length of a node's part; default 24. */
  readonly nodePrefixLength?: number | undefined;
}

export class NodeIpamController implements Controller {
  readonly name = "node-ipam-controller";
  readonly workers = 1;
  readonly watches: readonly Watch[] = [{ kind: nodeKind, via: "self" }];
  private readonly client: Client;
  private readonly events: EventRecorder;
  private readonly nodes: Informer<Node>;
  private readonly ranges: PodRanges;

  constructor({ client, informers, events }: ControllerDeps, options: NodeIpamOptions) {
    this.client = informers.readYourWrites(client);
    this.events = events;
    this.nodes = informers.informer(nodeKind);
    this.ranges = podRanges(options.clusterCidr, options.nodePrefixLength ?? 24);
  }

  async reconcile(key: Key): Promise<Outcome> {
    const node = this.nodes.get(key);
    if (node === undefined || (node.spec.podCIDR ?? "") !== "" || node.metadata.deletionTimestamp !== undefined) return {};
    const range = firstFreeRange(
      this.ranges,
      new Set(this.nodes.list().flatMap((other) => other.spec.podCIDRs ?? other.spec.podCIDR ?? [])),
    );
    const { name, uid } = node.metadata;
    if (range === undefined) {
      this.events.event(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
      return { requeueAfterMs: retryMs };
    }
    await this.client.patch(nodeKind, key, "merge", { metadata: { uid }, spec: { podCIDR: range, podCIDRs: [range] } });
    return {};
  }
}
