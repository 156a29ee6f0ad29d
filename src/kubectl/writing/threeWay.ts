/**
 * The client's side of `apply`: the patch from what was applied last, what is to be, and what is; sent, and tried again on conflicts.
 * Left out: patches from the server's OpenAPI (the facts of kinds are built in; others get a JSON merge patch).
 * Upstream: kubectl/pkg/cmd/apply/patcher.go
 */
import { sleep } from "../../base/clock.ts";
import { applyMergePatch, createThreeWayJsonMergePatch } from "../../machinery/patch/merge.ts";
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { conflictingChanges } from "../../machinery/patch/patchConflicts.ts";
import { createThreeWayMergePatch } from "../../machinery/patch/strategicDiff.ts";
import { isApiError } from "../../machinery/status.ts";
import { KubectlError, textOf, withSource } from "../errors.ts";
import { yamlText } from "../printers/yaml.ts";
import type { Requests, TypedPatch, WriteOptions } from "../resources/requests.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { encode, originalConfiguration } from "./lastApplied.ts";
import { structOfObject } from "./typed.ts";
import type { MappedInfo } from "./waiting.ts";

export interface Applied {
  readonly patch: Record<string, unknown>;
  readonly object: Unstructured;
}

/** `apply --overwrite=false`: is told why there is no patch, before the refusal. */
export type Guard = (reason: string) => Promise<void>;

/** An empty body: there is nothing to change. With a guard, throws KubectlError where others changed what it would set. */
export async function applyPatchOf(
  current: Unstructured,
  modified: Unstructured,
  guard?: Guard,
): Promise<TypedPatch & { readonly body: Record<string, unknown> }> {
  const text = originalConfiguration(current) ?? "";
  const original = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  const struct = structOfObject(modified);
  if (struct === undefined) return { type: "merge", body: createThreeWayJsonMergePatch(original, modified, current) };
  const body = createThreeWayMergePatch(original, modified, current, struct);
  if (guard !== undefined) {
    const reason = reasonToKeep(() => conflictingChanges(body, original, current, struct), body);
    if (reason !== undefined) {
      await guard(reason);
      throw new KubectlError(
        `creating patch with:\noriginal:\n${text}\nmodified:\n${encode(modified)}\ncurrent:\n${encode(current)}\nfor: ${reason}`,
      );
    }
  }
  return { type: "strategic", body };
}

function reasonToKeep(find: () => Record<string, unknown> | undefined, patch: Record<string, unknown>): string | undefined {
  try {
    const changes = find();
    if (changes === undefined) return undefined;
    return `patch:\n${yamlText(patch)}\nconflicts with changes made from original to current:\n${yamlText(changes)}\n`;
  } catch (error) {
    return textOf(error);
  }
}

/** For --dry-run=client. */
export async function applyLocally(current: Unstructured, modified: Unstructured, guard?: Guard): Promise<Applied> {
  const { type, body } = await applyPatchOf(current, modified, guard);
  if (Object.keys(body).length === 0) return { patch: body, object: current };
  const struct = structOfObject(modified);
  const object =
    type === "merge" || struct === undefined ? applyMergePatch(current, body) : applyStrategicMergePatch(current, body, struct);
  return { patch: body, object: object as Unstructured };
}

interface Sending {
  readonly session: Session;
  readonly requests: Requests;
  readonly options: WriteOptions;
  /** Makes the patch fail when the object has changed since. */
  readonly locked?: boolean;
  readonly guard?: Guard | undefined;
}

const attempts = 5;

export async function applyToServer(
  info: MappedInfo & { readonly object: Unstructured },
  modified: Unstructured,
  sending: Sending,
): Promise<Applied> {
  const { session, requests, options, locked = false, guard } = sending;
  let current = info.object;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { type, body } = await applyPatchOf(current, modified, guard);
      if (Object.keys(body).length === 0) return { patch: body, object: current };
      const sent = locked ? withResourceVersion(body, current) : body;
      return { patch: body, object: await requests.patch(info.mapping, info, { type, body: sent }, options) };
    } catch (error) {
      if (!isApiError(error, "Conflict") || attempt >= attempts) throw withSource("patching", info.source, error);
    }
    if (attempt > 0) await sleep(session.host.clock, 1000);
    current = await requests.get(info.mapping, info);
  }
}

function withResourceVersion(patch: Record<string, unknown>, { metadata }: Unstructured): Record<string, unknown> {
  return { ...patch, metadata: { ...(patch["metadata"] as object | undefined), resourceVersion: metadata?.resourceVersion } };
}
