/** The attached half of `run`: the session, the pod's end and what it says of our exit code, the removal. Upstream: kubectl/pkg/cmd/run/run.go */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { ExitError, KubectlError } from "../errors.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { deleteSelected } from "../writing/deleting.ts";
import { deadlineIn } from "../writing/waiting.ts";
import type { AttachWish } from "./attaching.ts";
import { attachWhenReady, isOver, untilPod } from "./attachStarted.ts";

export interface RunEnd {
  readonly timeoutMs: number;
  /** Which end of the pod is waited for; none where it has none. */
  readonly untilOver: "over" | "succeeded" | undefined;
}

/** Throws ExitError with the container's exit code. */
export async function runAttached(session: Session, { metadata }: Unstructured, wish: AttachWish, end: RunEnd): Promise<void> {
  const place = { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
  await attachWhenReady(session, place, wish, deadlineIn(session, end.timeoutMs));
  const { untilOver } = end;
  if (untilOver === undefined) return;
  const ended = (one: Pod): boolean => (untilOver === "over" ? isOver(one) : one.status?.phase === "Succeeded");
  throwExit(await untilPod(session, place, deadlineIn(session, end.timeoutMs), ended));
}

export function throwExit({ metadata, status }: Pod): void {
  const named = `pod ${metadata.namespace}/${metadata.name}`;
  if (status?.phase === "Succeeded") return;
  if (status?.phase !== "Failed") throw new KubectlError(`${named} left in phase ${status?.phase ?? ""}`);
  const ended = status.containerStatuses?.[0]?.state?.terminated;
  if (ended === undefined || ended.exitCode === 0) throw new KubectlError(`${named} failed with unknown exit code`);
  throw new ExitError(ended.exitCode, `${named} terminated (${ended.reason ?? ""})\n${ended.message ?? ""}`);
}

export async function removeCreated(session: Session, created: readonly Unstructured[], quiet: boolean): Promise<void> {
  for (const { kind = "", metadata } of created) {
    const names = { type: `${kind.toLowerCase()}s`, names: [metadata?.name ?? ""] };
    const selection = await select(session, { names, namespace: metadata?.namespace ?? "", continueOnError: true, flatten: true });
    const wish = { gracePeriod: -1, ignoreNotFound: true, wait: false, timeoutMs: 0, dryRun: "none", output: "", quiet } as const;
    await deleteSelected(session, selection, { ...wish, cascade: "Background" });
  }
}
