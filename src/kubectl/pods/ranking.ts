/** The order in which pods of a workload are taken: for logs, and for being attached to. Upstream: kubectl/pkg/util/podutils/podutils.go */
import type { Pod } from "../../schema/shapes/core.v1.ts";

type Order = (a: Pod, b: Pod) => number;

const phases: Readonly<Record<string, number>> = { Running: 0, Unknown: 1, Pending: 2 };

/** Best for logs first: on a node, running, ready, ready for longer, often restarted, older. */
export const byLogging: Order = firstDecided(
  (a, b) => Number(!isAssigned(a)) - Number(!isAssigned(b)),
  (a, b) => phaseRank(a) - phaseRank(b),
  (a, b) => Number(!isReady(a)) - Number(!isReady(b)),
  (a, b) => (isReady(a) && isReady(b) ? earlier(readySince(a), readySince(b)) : 0),
  (a, b) => restarts(b) - restarts(a),
  (a, b) => sidecarRestarts(b) - sidecarRestarts(a),
  (a, b) => earlier(a.metadata?.creationTimestamp ?? "", b.metadata?.creationTimestamp ?? ""),
);

/** Best for a session first: as for logs, but a pod that is being deleted comes after one that isn't. */
export const byActivity: Order = firstDecided(
  (a, b) => Number(!isAssigned(a)) - Number(!isAssigned(b)),
  (a, b) => activePhaseRank(b) - activePhaseRank(a),
  (a, b) => Number(!isReady(a)) - Number(!isReady(b)),
  (a, b) => Number(isDeleting(a)) - Number(isDeleting(b)),
  (a, b) => latest(a.metadata?.deletionTimestamp ?? "", b.metadata?.deletionTimestamp ?? ""),
  (a, b) => (isReady(a) && isReady(b) ? earlier(readySince(a), readySince(b)) : 0),
  (a, b) => restarts(a) - restarts(b),
  (a, b) => sidecarRestarts(a) - sidecarRestarts(b),
  (a, b) => earlier(a.metadata?.creationTimestamp ?? "", b.metadata?.creationTimestamp ?? ""),
);

function firstDecided(...orders: readonly Order[]): Order {
  return (a, b) => {
    for (const order of orders) {
      const decided = order(a, b);
      if (decided !== 0) return decided;
    }
    return 0;
  };
}

function isAssigned({ spec }: Pod): boolean {
  return (spec.nodeName ?? "") !== "";
}

/** A phase that isn't listed counts as running, as a Go map has it. */
function phaseRank({ status }: Pod): number {
  return phases[status?.phase ?? ""] ?? 0;
}

const activePhases: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function activePhaseRank({ status }: Pod): number {
  return activePhases[status?.phase ?? ""] ?? 0;
}

function isDeleting({ metadata }: Pod): boolean {
  return (metadata?.deletionTimestamp ?? "") !== "";
}

function readySince({ status }: Pod): string {
  return status?.conditions?.find(({ type, status: state }) => type === "Ready" && state === "True")?.lastTransitionTime ?? "";
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") === true;
}

/** Earlier first, no time last. Times are RFC 3339 in UTC, so their texts sort. */
function earlier(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  return a < b ? -1 : 1;
}

function latest(a: string, b: string): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

function sidecarRestarts({ spec, status }: Pod): number {
  const sidecars = new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
  const counted = (status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
  return Math.max(0, ...counted.map(({ restartCount }) => restartCount));
}
