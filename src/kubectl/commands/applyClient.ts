/** One object applied by the client: created, or patched with the three-way merge. Upstream: kubectl/pkg/cmd/apply/apply.go (applyOneObject) */
import { sleep } from "../../base/clock.ts";
import { isApiError } from "../../machinery/status.ts";
import { goJson, goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError, textOf, withSource } from "../errors.ts";
import { objectName, refresh } from "../resources/info.ts";
import { Requests, type WriteOptions } from "../resources/requests.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import type { Cascade } from "../writing/deleting.ts";
import type { DryRun } from "../writing/flags.ts";
import { lastAppliedAnnotation, modifiedConfiguration, originalConfiguration, remembered } from "../writing/lastApplied.ts";
import { type Applied, applyLocally, applyPatchOf, applyToServer, type Guard } from "../writing/threeWay.ts";
import type { MappedInfo } from "../writing/waiting.ts";

export interface ClientApply {
  readonly dryRun: DryRun;
  readonly options: WriteOptions;
  /** --force: delete and create where a patch can't do it. */
  readonly force: boolean;
  readonly cascade: Cascade;
  readonly gracePeriod: number;
  readonly timeoutMs: number;
  /** --overwrite=false: keeps what others changed. */
  readonly guard: Guard | undefined;
}

export type AppliedInfo = MappedInfo & { object: Unstructured };

/** What was done: `created`, `configured`, `unchanged`. The info has the object afterwards. */
export async function applyByClient(session: Session, info: AppliedInfo, how: ClientApply): Promise<string> {
  const requests = new Requests(await session.api());
  const wanted = info.object;
  const modified = modifiedConfiguration(wanted, true);
  try {
    refresh(info, await requests.get(info.mapping, info));
  } catch (error) {
    if (!isApiError(error, "NotFound")) {
      throw withSource(`retrieving current configuration of:\n${infoText(info)}\nfrom server for:`, info.source, error);
    }
    return createIt(requests, info, how);
  }
  if (originalConfiguration(info.object) === undefined) {
    session.err(
      `Warning: resource ${objectName(info)} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  const applied =
    how.dryRun === "client" ? await patchLocally(info, modified, how) : await patchOrReplace(session, info, { modified, how });
  refresh(info, applied.object);
  warnIfDeleting(session, info.object);
  return Object.keys(applied.patch).length === 0 ? "unchanged" : "configured";
}

async function createIt(requests: Requests, info: AppliedInfo, { dryRun, options }: ClientApply): Promise<string> {
  info.object = withoutNulls(remembered(info.object, true)) as Unstructured;
  if (dryRun === "client") return "created";
  try {
    refresh(info, await requests.create(info.mapping, info.namespace, info.object, options));
  } catch (error) {
    throw withSource("creating", info.source, error);
  }
  return "created";
}

async function patchOrReplace(
  session: Session,
  info: AppliedInfo,
  { modified, how }: { readonly modified: Unstructured; readonly how: ClientApply },
): Promise<Applied> {
  const requests = new Requests(await session.api());
  try {
    return await applyToServer(info, modified, { session, requests, options: how.options, guard: how.guard });
  } catch (error) {
    if (how.force && (isApiError(error, "Conflict") || isApiError(error, "Invalid"))) {
      return deleteAndCreate(session, info, { modified, how });
    }
    throw await notPatched(info, { modified, guarded: how.guard !== undefined, error });
  }
}

async function patchLocally(info: AppliedInfo, modified: Unstructured, { guard }: ClientApply): Promise<Applied> {
  try {
    return await applyLocally(info.object, modified, guard);
  } catch (error) {
    throw await notPatched(info, { modified, guarded: guard !== undefined, error });
  }
}

/** The failure with the patch, where one could be made, and the object. */
async function notPatched(
  info: AppliedInfo,
  { modified, guarded, error }: { readonly modified: Unstructured; readonly guarded: boolean; readonly error: unknown },
): Promise<unknown> {
  let patch = "";
  try {
    patch = goJson((await applyPatchOf(info.object, modified, guarded ? () => Promise.resolve() : undefined)).body);
  } catch {
    // That is what the error tells.
  }
  return withSource(`applying patch:\n${patch}\nto:\n${infoText(info)}\nfor:`, info.source, error);
}

async function deleteAndCreate(
  session: Session,
  info: AppliedInfo,
  { modified, how }: { readonly modified: Unstructured; readonly how: ClientApply },
): Promise<Applied> {
  const requests = new Requests(await session.api());
  const former = info.object;
  const grace = how.gracePeriod >= 0 ? { gracePeriodSeconds: how.gracePeriod } : {};
  await requests.delete(info.mapping, info, { ...grace, propagationPolicy: how.cascade });
  const deadline = how.timeoutMs === 0 ? Number.POSITIVE_INFINITY : session.host.clock.now() + how.timeoutMs;
  while ((await requests.find(info.mapping, info)) !== undefined) {
    if (session.host.clock.now() >= deadline) throw new KubectlError("context deadline exceeded");
    await sleep(session.host.clock, 1000);
  }
  try {
    return { patch: modified, object: await requests.create(info.mapping, info.namespace, modified, how.options) };
  } catch (error) {
    try {
      await requests.create(info.mapping, info.namespace, former, how.options);
    } catch (again) {
      throw new KubectlError(
        `An error occurred force-replacing the existing object with the newly provided one:\n\n${textOf(error)}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n${textOf(again)}`,
      );
    }
    throw error;
  }
}

export function warnIfDeleting(session: Session, object: Unstructured): void {
  if (object.metadata?.deletionTimestamp === undefined || object.metadata.deletionTimestamp === null) return;
  session.err(`Warning: Detected changes to resource ${object.metadata.name ?? ""} which is currently being deleted.\n`);
}

/** An info as upstream's messages show it. Upstream: cli-runtime/pkg/resource/visitor.go (Info.String) */
function infoText({ name, namespace, mapping }: MappedInfo): string {
  const { group, version, plural, kind } = mapping;
  const groupVersion = `${group}/${version}`;
  return [
    `Resource: "${groupVersion}, Resource=${plural}", GroupVersionKind: "${groupVersion}, Kind=${kind}"`,
    `Name: ${goQuote(name)}, Namespace: ${goQuote(namespace)}`,
  ].join("\n");
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([key, field]) => [key, withoutNulls(field)]),
  );
}
