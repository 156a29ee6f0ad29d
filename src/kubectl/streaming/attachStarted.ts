/**
 * Attaches to what a verb has just started: waits until it runs, tells what it said before that, and falls back to its log where it was too quick.
 * Upstream: kubectl/pkg/cmd/run/run.go (handleAttachPod), kubectl/pkg/cmd/debug/debug.go
 */
import { isApiError, notFound } from "../../machinery/status.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { ExitError, textOf } from "../errors.ts";
import { logStreams } from "../pods/logStreams.ts";
import { podKind } from "../pods/workloadPods.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Session } from "../session.ts";
import { untilEvent } from "../writing/waiting.ts";
import { attachTo, type AttachWish, containerToAttach } from "./attaching.ts";

const podMapping: Mapping = { ...podKind, singular: "pod", verbs: [] };

export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
}

/** `deadline`: Infinity for none. Throws KubectlError when time is up. */
export async function untilPod(session: Session, place: PodPlace, deadline: number, check: (pod: Pod) => boolean): Promise<Pod> {
  const info = { ...place, mapping: podMapping, source: "", object: undefined, resourceVersion: "", subresource: "" };
  const found = await untilEvent(
    session,
    info,
    ({ type, object }) => {
      if (type === "DELETED") throw notFound({ group: "", plural: "pods" }, "");
      return check(object as unknown as Pod);
    },
    { deadline },
  );
  if (session.host.signal.aborted) throw new ExitError(1);
  return found as unknown as Pod;
}

export function isOver({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** The log of the wished container goes to stdout. */
export async function printLogs(session: Session, pod: Pod, container: string): Promise<void> {
  const api = await session.api();
  const wish = { container, allContainers: false, allPods: false, query: {}, podTimeoutMs: 0 };
  for (const { call } of await logStreams(session, { ...pod, apiVersion: "v1", kind: "Pod" }, wish)) {
    const { body } = await api.send(call);
    for await (const piece of body instanceof Uint8Array ? [body] : body) session.out(piece);
  }
}

/** Attaches to a pod that runs. */
export async function attachOrLogs(session: Session, pod: Pod, wish: AttachWish, logsContainer: string): Promise<void> {
  try {
    await attachTo(session, pod, containerToAttach(session, pod, wish), wish);
  } catch (error) {
    if (session.host.signal.aborted) throw error;
    const told = isApiError(error) ? error.message : textOf(error);
    session.err(`warning: couldn't attach to pod/${pod.metadata.name}, falling back to streaming logs: ${told}\n`);
    await printLogs(session, pod, logsContainer);
  }
}

/** Of `run --attach`: once the pod is ready, or over. */
export async function attachWhenReady(session: Session, place: PodPlace, wish: AttachWish, deadline: number): Promise<void> {
  const pod = await untilPod(session, place, deadline, (one) => isOver(one) || isReady(one));
  const container = containerToAttach(session, pod, wish).container.name;
  if (isOver(pod)) return await printLogs(session, pod, container);
  try {
    await printLogs(session, pod, container);
  } catch (error) {
    session.err(`warning: couldn't fetch pre-attach logs: ${textOf(error)}\n`);
  }
  await attachOrLogs(session, pod, wish, "");
}

function isReady({ status }: Pod): boolean {
  return status?.phase === "Running" && status.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
}
