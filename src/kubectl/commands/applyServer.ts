/**
 * One object applied by the server, and the move of objects that were applied by the client before.
 * Upstream: kubectl/pkg/cmd/apply/apply.go, client-go/util/csaupgrade/upgrade.go
 */
import type { ManagedFieldsEntry } from "../../schema/shapes/meta.v1.ts";
import { isApiError } from "../../machinery/status.ts";
import { KubectlError, textOf } from "../errors.ts";
import { refresh } from "../resources/info.ts";
import { Requests, type WriteOptions } from "../resources/requests.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { lastAppliedAnnotation, originalConfiguration } from "../writing/lastApplied.ts";
import type { AppliedInfo } from "./applyClient.ts";
import { warnIfDeleting } from "./applyClient.ts";

export const defaultServerManager = "kubectl";

export interface ServerApply {
  readonly options: WriteOptions & { readonly fieldManager: string };
  readonly force: boolean;
  readonly subresource: string;
}

const advice = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

/** The info has the object afterwards. */
export async function applyByServer(session: Session, info: AppliedInfo, { options, force, subresource }: ServerApply): Promise<void> {
  const requests = new Requests(await session.api());
  const body = info.object;
  const applyIt = (): Promise<Unstructured> =>
    requests.patch(info.mapping, info, { type: "apply", body }, { ...options, force, ...(subresource === "" ? {} : { subresource }) });
  try {
    refresh(info, await applyIt());
  } catch (error) {
    if (isApiError(error, "Conflict")) throw new KubectlError(`${textOf(error)}\n${advice}`);
    throw error;
  }
  try {
    await keepAnnotation(requests, info, options);
    if (await moveManagers(requests, info, options)) {
      try {
        refresh(info, await applyIt());
      } catch (error) {
        session.err(
          `Warning: failed to re-apply configuration after performing Server-Side Apply migration. This is non-fatal and will be retried next time you apply. Error: ${textOf(error)}\n`,
        );
      }
    }
  } catch (error) {
    session.err(
      `Warning: failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply. This is non-fatal and will be retried next time you apply. Error: ${textOf(error)}\n`,
    );
  }
  warnIfDeleting(session, info.object);
}

function entriesOf(object: Unstructured): readonly ManagedFieldsEntry[] {
  return object.metadata?.managedFields ?? [];
}

function ownsAnnotation({ fieldsV1 }: ManagedFieldsEntry): boolean {
  const fields = fieldsV1 as Record<string, Record<string, Record<string, unknown>>> | undefined;
  return fields?.["f:metadata"]?.["f:annotations"]?.[`f:${lastAppliedAnnotation}`] !== undefined;
}

/** So that the annotation isn't lost with the next apply, a manager of its own owns it. */
async function keepAnnotation(requests: Requests, info: AppliedInfo, options: ServerApply["options"]): Promise<void> {
  const text = originalConfiguration(info.object);
  if (options.fieldManager !== defaultServerManager || text === undefined) return;
  if (entriesOf(info.object).some((entry) => entry.operation === "Apply" && ownsAnnotation(entry))) return;
  const { apiVersion = "", kind = "" } = info.object;
  const metadata = {
    name: info.name,
    ...(info.namespace === "" ? {} : { namespace: info.namespace }),
    annotations: { [lastAppliedAnnotation]: text },
  };
  const body = { apiVersion, kind, metadata };
  refresh(info, await requests.patch(info.mapping, info, { type: "apply", body }, { ...options, fieldManager: "kubectl-last-applied" }));
}

/** What the client's apply managed becomes managed by the server's. True when something moved. */
async function moveManagers(requests: Requests, info: AppliedInfo, options: ServerApply["options"]): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const entries = entriesOf(info.object);
    const former = new Set(
      entries.filter((entry) => entry.operation === "Update" && ownsAnnotation(entry)).map(({ manager }) => manager ?? ""),
    );
    if (former.size === 0) return false;
    const moved = unitedEntries(entries, former, options.fieldManager);
    const body = [
      { op: "replace", path: "/metadata/managedFields", value: moved },
      { op: "replace", path: "/metadata/resourceVersion", value: info.object.metadata?.resourceVersion ?? "" },
    ];
    try {
      refresh(info, await requests.patch(info.mapping, info, { type: "json", body }, options));
      return true;
    } catch (error) {
      if (!isApiError(error, "Conflict")) throw error;
      refresh(info, await requests.get(info.mapping, info));
    }
  }
  return false;
}

/** The entries with those of `former` managers folded into the one of `manager`. */
export function unitedEntries(entries: readonly ManagedFieldsEntry[], former: ReadonlySet<string>, manager: string): ManagedFieldsEntry[] {
  const isFormer = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === "Update" && (entry.subresource ?? "") === "" && former.has(entry.manager ?? "");
  const isOurs = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === "Apply" && (entry.subresource ?? "") === "" && entry.manager === manager;
  const ours = entries.find(isOurs) ?? entries.find(isFormer);
  if (ours === undefined) return [...entries];
  let fields = {};
  for (const entry of entries) if (isOurs(entry) || isFormer(entry)) fields = unitedFields(fields, entry.fieldsV1 ?? {});
  const united = { ...ours, manager, operation: "Apply", fieldsV1: fields } as ManagedFieldsEntry;
  return entries
    .filter((entry) => entry === ours || (!isFormer(entry) && !isOurs(entry)))
    .map((entry) => (entry === ours ? united : entry));
}

function unitedFields(left: object, right: object): object {
  const out: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right))
    out[key] = Object.hasOwn(out, key) ? unitedFields(out[key] as object, value as object) : value;
  return out;
}
