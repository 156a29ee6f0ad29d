/**
 * From a workload or Service to its pods: the one to talk to, or all of them; waits for the first where there is none yet.
 * Upstream: kubectl/pkg/polymorphichelpers/{helpers,attachablepodforobject}.go
 */
import { isApiError } from "../../machinery/status.ts";
import { selectorFromLabels, selectorOf } from "../../machinery/selectors.ts";
import type { KindRef } from "../../machinery/kind.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import { KubectlError, textOf } from "../errors.ts";
import { Requests } from "../resources/requests.ts";
import { fieldAt, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { timedOut } from "../writing/waiting.ts";
import { byActivity } from "./ranking.ts";

export const podKind: KindRef = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };

const withLabelSelector = new Set(["ReplicaSet.apps", "StatefulSet.apps", "DaemonSet.apps", "Deployment.apps", "Job.batch"]);

/** As Go prints a type: `*v1.ConfigMap`. */
export function goType({ apiVersion = "", kind = "" }: Unstructured): string {
  return `*${apiVersion.slice(apiVersion.lastIndexOf("/") + 1)}.${kind}`;
}

/** The label selector of an object's pods, as text. Throws KubectlError for what has none. */
export function podSelectorOf(object: Unstructured): string {
  const { apiVersion = "", kind = "" } = object;
  const [group] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
  const selector = fieldAt(object, "spec", "selector");
  if (group === "" && kind === "ReplicationController") return selectorFromLabels((selector ?? {}) as Record<string, string>).toString();
  if (group === "" && kind === "Service") {
    const labels = (selector ?? {}) as Record<string, string>;
    if (Object.keys(labels).length === 0)
      throw new KubectlError(`invalid service '${object.metadata?.name ?? ""}': Service is defined without a selector`);
    return selectorFromLabels(labels).toString();
  }
  if (!withLabelSelector.has(`${kind}.${group}`)) throw new KubectlError(`selector for ${goType(object)} not implemented`);
  try {
    return selectorOf(selector as LabelSelector | undefined).toString();
  } catch (error) {
    throw new KubectlError(`invalid label selector: ${textOf(error)}`);
  }
}

export interface PodSearch {
  readonly namespace: string;
  readonly labelSelector: string;
  readonly timeoutMs: number;
  /** Best first. */
  readonly order: (a: Pod, b: Pod) => number;
}

/** At least one pod, the best first. */
export async function podsBySelector(session: Session, { namespace, labelSelector, timeoutMs, order }: PodSearch): Promise<Pod[]> {
  const requests = new Requests(await session.api());
  const list = await requests.list(podKind, namespace, { labelSelector });
  if (list.items.length > 0) return (list.items as unknown as Pod[]).sort(order);
  const late = new AbortController();
  const timer = timeoutMs > 0 ? session.host.clock.after(timeoutMs, () => late.abort()) : undefined;
  const { resourceVersion } = list.metadata as { resourceVersion?: string };
  const stop = AbortSignal.any([late.signal, session.host.signal]);
  try {
    for await (const event of requests.watch(podKind, namespace, { labelSelector, resourceVersion }, stop))
      if (event.type === "ADDED" || event.type === "MODIFIED") return [event.object as unknown as Pod];
  } catch (error) {
    if (!late.signal.aborted || isApiError(error)) throw error;
  } finally {
    timer?.[Symbol.dispose]();
  }
  throw new KubectlError(late.signal.aborted ? timedOut : "watch closed before UntilWithoutRetry timeout");
}

/** The pod itself, or the workload's best one for a session. */
export async function attachablePod(session: Session, object: Unstructured, timeoutMs: number): Promise<Pod> {
  if (object.apiVersion === "v1" && object.kind === "Pod") return object as unknown as Pod;
  let labelSelector: string;
  try {
    labelSelector = podSelectorOf(object);
  } catch (error) {
    throw new KubectlError(`cannot attach to ${goType(object)}: ${textOf(error)}`);
  }
  const search = { namespace: object.metadata?.namespace ?? "", labelSelector, timeoutMs, order: byActivity };
  const [pod] = await podsBySelector(session, search);
  if (pod === undefined) throw new KubectlError(timedOut);
  return pod;
}
