/**
 * Clears away pods that nobody else will, in rounds: the only key is the empty one. Upstream: pkg/controller/podgc/gc_controller.go
 */
import type { Clock } from "../../base/clock.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { isPodTerminal, isPodTerminating } from "../../machinery/pods.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { watchKind } from "../framework/watchKind.ts";
import { missingNodes, plan, type Reason } from "./plan.ts";

const roundMs = 20_000;
/** A node must be missing this long: a cache may be behind. */
const quarantineMs = 40_000;
const defaultThreshold = 12_500;
const roundKey: Key = { namespace: "", name: "" };

export interface PodGcOptions {
  /** Finished pods that may stay; default 12,500. */
  readonly terminatedPodThreshold?: number | undefined;
}

export class PodGcController implements Controller {
  readonly name = "pod-garbage-collector-controller";
  readonly workers = 1;
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly threshold: number;
  private readonly nodes: Informer<Node>;
  private readonly pods: Informer<Pod>;
  private readonly missingSince = new Map<string, number>();
  private started = false;

  constructor({ client, informers, clock }: ControllerDeps, options: PodGcOptions = {}) {
    this.client = informers.readYourWrites(client);
    this.clock = clock;
    this.threshold = options.terminatedPodThreshold ?? defaultThreshold;
    this.nodes = informers.informer(nodeKind);
    this.pods = informers.informer(podKind);
    this.watches = [
      // The first pod starts the rounds; afterwards only what can't wait for the next.
      watchKind(podKind, (pod) => {
        const urgent = isPodTerminating(pod) && (pod.spec.nodeName ?? "") === "" && this.pods.get(keyOf(pod)) !== undefined;
        const wake = urgent || !this.started;
        this.started = true;
        return wake ? [roundKey] : [];
      }),
    ];
  }

  async reconcile(): Promise<Outcome> {
    const pods = this.pods.list();
    const nodeOf = (name: string): Node | undefined => this.nodes.get({ namespace: "", name });
    const goneNodes = await this.confirmGone(missingNodes({ pods, nodeOf }));
    const due = plan({ pods, nodeOf, goneNodes, terminatedThreshold: this.threshold });
    const results = await Promise.allSettled([...due].map(([pod, reason]) => this.remove(pod, reason)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return { requeueAfterMs: roundMs };
  }

  /** Of the nodes that are missing in the cache, those that have been for long enough and that the API server doesn't know either. */
  private async confirmGone(missing: ReadonlySet<string>): Promise<Set<string>> {
    const nowMs = this.clock.now();
    for (const name of this.missingSince.keys()) if (!missing.has(name)) this.missingSince.delete(name);
    const gone = new Set<string>();
    for (const name of missing) {
      const sinceMs = this.missingSince.get(name) ?? nowMs;
      this.missingSince.set(name, sinceMs);
      if (nowMs - sinceMs < quarantineMs) continue;
      if ((await this.client.get(nodeKind, { namespace: "", name })) === undefined) gone.add(name);
    }
    return gone;
  }

  private async remove(pod: Pod, reason: Reason): Promise<void> {
    const { uid } = pod.metadata;
    if (!isPodTerminal(pod)) {
      const disruption = {
        type: "DisruptionTarget",
        status: "True",
        reason: "DeletionByPodGC",
        message: "PodGC: node no longer exists",
        lastTransitionTime: rfc3339(this.clock.now()),
      };
      const status = { phase: "Failed", ...(reason === "orphaned" ? { conditions: [disruption] } : {}) };
      await this.client.patch(podKind, keyOf(pod), "strategic", { metadata: { uid }, status }, "status");
    }
    await this.client.delete(podKind, keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid } });
  }
}

function keyOf({ metadata: { namespace = "", name } }: Pod): Key {
  return { namespace, name };
}
