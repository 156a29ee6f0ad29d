/**
 * Carries what informers tell into the scheduler's cache and queue, and wakes waiting pods that an event may help.
 * Upstream: pkg/scheduler/eventhandlers.go
 */
import { namespace as namespaceKind } from "../api/core/v1/namespace.ts";
import { node as nodeKind } from "../api/core/v1/node.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import type { InformerFactory } from "../client/informer.ts";
import { isPodTerminal } from "../machinery/pods.ts";
import type { Namespace, Node, Pod } from "../schema/shapes/core.v1.ts";
import type { ClusterEvent, NodeChange } from "./clusterEvent.ts";
import type { Plugin } from "./plugin.ts";
import type { SchedulingQueue } from "./queue/schedulingQueue.ts";
import type { SchedulerCache } from "./state/cache.ts";
import { requestsOf } from "./state/resources.ts";
import { type PodInfo, podInfoOf, uidOf } from "./state/podInfo.ts";

export interface Watched {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly plugins: readonly Plugin[];
  readonly schedulerName: string;
}

export class ClusterWatch implements Disposable {
  private readonly watched: Watched;
  private readonly helpers: ReadonlyMap<string, Plugin>;
  private readonly registrations: Disposable[];

  constructor(watched: Watched, informers: InformerFactory) {
    this.watched = watched;
    this.helpers = new Map(watched.plugins.map((plugin) => [plugin.name, plugin]));
    this.registrations = [
      informers.informer(nodeKind).onChange((next, previous) => this.nodeChanged(next, previous)),
      informers.informer(podKind).onChange((next, previous) => this.podChanged(next, previous)),
      informers.informer(namespaceKind).onChange((next, previous) => this.namespaceChanged(next, previous)),
    ];
  }

  [Symbol.dispose](): void {
    for (const registration of this.registrations) registration[Symbol.dispose]();
  }

  /** The pod doesn't come onto the node after all. */
  bindingFailed(info: PodInfo): void {
    const { cache } = this.watched;
    if (!cache.isAssumed(info.uid)) return;
    const node = cache.removePod(info.uid);
    this.wake({ type: "podLeft", pod: info.pod, node: node === undefined ? undefined : cache.node(node) });
  }

  private nodeChanged(next: Node | undefined, previous: Node | undefined): void {
    const { cache } = this.watched;
    if (next === undefined) {
      cache.removeNode(previous?.metadata.name ?? "");
      return this.wake({ type: "nodeRemoved" });
    }
    const isNew = cache.node(next.metadata.name ?? "") === undefined;
    const before = isNew ? undefined : previous;
    const node = cache.setNode(next);
    if (before === undefined) return this.wake({ type: "nodeAdded", node });
    const changes = nodeChanges(before, next);
    if (changes.size > 0) this.wake({ type: "nodeChanged", node, changes });
  }

  private podChanged(next: Pod | undefined, previous: Pod | undefined): void {
    // A pod deleted and made anew under the same name comes as one change.
    if (next !== undefined && previous !== undefined && uidOf(next) !== uidOf(previous)) this.podGone(previous);
    if (next === undefined) {
      if (previous !== undefined) this.podGone(previous);
    } else if (isPodTerminal(next)) this.podGone(next);
    else if ((next.spec.nodeName ?? "") !== "") this.podPlaced(next, previous);
    else if ((next.spec.schedulerName ?? "default-scheduler") === this.watched.schedulerName) this.podWaits(next, previous);
  }

  private podGone(pod: Pod): void {
    const { cache, queue } = this.watched;
    queue.remove(uidOf(pod));
    const place = cache.removePod(uidOf(pod));
    if (place !== undefined) this.wake({ type: "podLeft", pod, node: cache.node(place) });
  }

  private podPlaced(next: Pod, previous: Pod | undefined): void {
    const { cache, queue } = this.watched;
    queue.remove(uidOf(next));
    const wasPlaced = previous !== undefined && (previous.spec.nodeName ?? "") !== "";
    if (wasPlaced && !concernsScheduling(next, previous)) return;
    cache.setPod(next);
    this.wake({ type: "podPlaced", pod: next });
    if (wasPlaced) this.wake({ type: "podLeft", pod: next, node: cache.node(next.spec.nodeName ?? "") });
  }

  private podWaits(next: Pod, previous: Pod | undefined): void {
    const { cache, queue } = this.watched;
    // Its binding is under way; what it says of itself is known.
    if (cache.isAssumed(uidOf(next))) return;
    const known = queue.get(uidOf(next));
    const hope = next.status?.nominatedNodeName ?? "";
    if (known === undefined && hope !== "") cache.nominate(podInfoOf(next), hope);
    const changed = known !== undefined && previous !== undefined && concernsScheduling(next, previous);
    if (known !== undefined && !changed) {
      // Only its status: keep what was read of it, but answer with the newest version.
      queue.put({ ...known.info, pod: next }, false);
      return;
    }
    queue.put(podInfoOf(next), changed);
  }

  private namespaceChanged(next: Namespace | undefined, previous: Namespace | undefined): void {
    if (next !== undefined && !sameJson(next.metadata.labels, previous?.metadata.labels)) this.wake({ type: "namespaceLabels" });
  }

  private wake(event: ClusterEvent): void {
    this.watched.queue.wake(({ info, rejectedBy }) => {
      for (const name of rejectedBy) if (this.helpers.get(name)?.helps?.(event, info) === true) return true;
      return false;
    });
  }
}

/** What plugins read of a pod: its labels, its spec, what it counts for, and whether it is on its way out. */
function concernsScheduling(next: Pod, previous: Pod): boolean {
  if (next === previous) return false;
  return (
    !sameJson(next.metadata.labels, previous.metadata.labels) ||
    (next.metadata.deletionTimestamp === undefined) !== (previous.metadata.deletionTimestamp === undefined) ||
    !sameJson(next.spec, previous.spec) ||
    countsOtherwise(next, previous)
  );
}

/** As after a resize. */
function countsOtherwise(next: Pod, previous: Pod): boolean {
  if (previous.status?.containerStatuses?.some(({ resources }) => resources !== undefined) !== true) return false;
  const [now, before] = [requestsOf(next), requestsOf(previous)];
  return now.cpu !== before.cpu || now.memory !== before.memory;
}

function nodeChanges(before: Node, next: Node): Set<NodeChange> {
  const changes = new Set<NodeChange>();
  if (!sameJson(before.status?.allocatable, next.status?.allocatable)) changes.add("allocatable");
  if (!sameJson(before.metadata.labels, next.metadata.labels)) changes.add("labels");
  if (!sameJson(before.spec?.taints, next.spec?.taints)) changes.add("taints");
  if (before.spec?.unschedulable !== next.spec?.unschedulable) changes.add("unschedulable");
  return changes;
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
