/**
 * Waits for resources to come to something: each event is looked at until the check says yes, or time is up.
 * Upstream: client-go/tools/watch (UntilWithSync), kubectl/pkg/cmd/wait
 */
import { Failures, KubectlError } from "../errors.ts";
import type { Info } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { isApiError } from "../../machinery/status.ts";
import { sleep } from "../../base/clock.ts";

export type MappedInfo = Info & { readonly mapping: Mapping };

export const timedOut = "timed out waiting for the condition";

/** A moment after which waiting ends; Infinity: never. */
export function deadlineIn(session: Session, timeoutMs: number): number {
  return session.host.clock.now() + timeoutMs;
}

export interface Seen {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Unstructured;
}

/** How a wait without an object begins: an error, or its end. */
type Missing = () => Unstructured | undefined;

/**
 * Shows `check` the object as it is and then each change, until it gives true. The object it ended with; undefined when it was
 * missing and `missing` accepts that. Throws KubectlError(timedOut) when time is up.
 */
export async function untilEvent(
  session: Session,
  { mapping, namespace, name }: MappedInfo,
  check: (seen: Seen) => boolean,
  { deadline, missing }: { readonly deadline: number; readonly missing?: Missing },
): Promise<Unstructured | undefined> {
  const { clock, signal } = session.host;
  const requests = new Requests(await session.api());
  const fieldSelector = `metadata.name=${name}`;
  const late = new AbortController();
  const left = deadline - clock.now();
  if (left <= 0) throw new KubectlError(timedOut);
  const timer = Number.isFinite(left) ? clock.after(Math.min(left, 2 ** 31 - 1), () => late.abort()) : undefined;
  const stop = AbortSignal.any([late.signal, signal]);
  try {
    for (;;) {
      const list = await requests.list(mapping, namespace, { fieldSelector });
      const [item] = list.items;
      if (item === undefined && missing !== undefined) return missing();
      const object = item === undefined ? undefined : { apiVersion: apiVersionOf(mapping), kind: mapping.kind, ...item };
      if (object !== undefined && check({ type: "ADDED", object })) return object;
      const resourceVersion = (list.metadata as { resourceVersion?: string } | undefined)?.resourceVersion;
      const events = requests.watch(mapping, namespace, { fieldSelector, resourceVersion }, stop);
      const found = await firstFitting(events, check, stop);
      if (found !== undefined) return found;
      if (stop.aborted) throw new KubectlError(timedOut);
      await sleep(clock, 100, stop).catch(() => undefined);
    }
  } finally {
    timer?.[Symbol.dispose]();
  }
}

/** undefined when the watch ended before. */
async function firstFitting(
  events: ReturnType<Requests["watch"]>,
  check: (seen: Seen) => boolean,
  stop: AbortSignal,
): Promise<Unstructured | undefined> {
  try {
    for await (const event of events) {
      if (event.type !== "ADDED" && event.type !== "MODIFIED" && event.type !== "DELETED") continue;
      if (check({ type: event.type, object: event.object })) return event.object;
    }
  } catch (error) {
    if (!stop.aborted && !isApiError(error, "Expired")) throw error;
  }
  return undefined;
}

function apiVersionOf({ group, version }: Mapping): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Waits for the end of what was deleted; another object of the same name doesn't count. */
export async function waitUntilGone(
  session: Session,
  deleted: readonly { readonly info: MappedInfo; readonly uid: string | undefined }[],
  timeoutMs: number,
): Promise<void> {
  const deadline = deadlineIn(session, timeoutMs);
  const failures: unknown[] = [];
  for (const { info, uid } of deleted) {
    try {
      await waitForDeletion(session, info, { uid, deadline });
    } catch (error) {
      failures.push(error);
      break;
    }
  }
  if (failures.length > 1) throw new Failures(failures);
  if (failures.length === 1) throw failures[0];
}

/** The object as it last was. */
export async function waitForDeletion(
  session: Session,
  info: MappedInfo,
  { uid, deadline }: { readonly uid: string | undefined; readonly deadline: number },
): Promise<Unstructured | undefined> {
  const requests = new Requests(await session.api());
  const current = await requests.find(info.mapping, info);
  if (current === undefined) return info.object;
  const isOther = (object: Unstructured): boolean => uid !== undefined && object.metadata?.uid !== uid;
  if (isOther(current)) return current;
  try {
    await untilEvent(session, info, ({ type, object }) => type === "DELETED" || isOther(object), { deadline, missing: () => current });
  } catch (error) {
    if (error instanceof KubectlError && error.message === timedOut)
      throw new KubectlError(`${timedOut} on ${info.mapping.plural}/${info.name}`);
    throw error;
  }
  return current;
}
