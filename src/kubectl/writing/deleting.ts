/**
 * Deletes resources and waits until they are gone: for `delete`, `replace --force` and `run --rm`.
 * Upstream: kubectl/pkg/cmd/delete/delete.go, delete_flags.go, kubectl/pkg/cmd/wait/delete.go
 */
import { KubectlError, withSource } from "../errors.ts";
import { parseBool } from "../flagText.ts";
import { bool, duration, type Flag, int, text } from "../flags.ts";
import type { Info } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Selection } from "../resources/selection.ts";
import { fieldAt } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { isApiError } from "../../machinery/status.ts";
import type { DryRun } from "./flags.ts";
import { waitUntilGone } from "./waiting.ts";

export const deletionFlags: {
  readonly cascade: Flag<string>;
  readonly force: Flag<boolean>;
  readonly "grace-period": Flag<number>;
  readonly timeout: Flag<number>;
  readonly wait: Flag<boolean>;
} = {
  cascade: text({ initial: "background", bare: "background" }),
  force: bool(),
  "grace-period": int({ initial: -1 }),
  timeout: duration(),
  wait: bool(),
};

export type Cascade = "Background" | "Foreground" | "Orphan";

export function cascadeOf(value: string, session: Session): Cascade {
  const parsed = parseBool(value);
  if ("value" in parsed) {
    const meant = parsed.value ? "background" : "orphan";
    session.err(`warning: --cascade=${value} is deprecated (boolean value) and can be replaced with --cascade=${meant}.\n`);
    return parsed.value ? "Background" : "Orphan";
  }
  if (value === "orphan") return "Orphan";
  if (value === "foreground") return "Foreground";
  if (value === "background") return "Background";
  throw new KubectlError(`invalid cascade value (${value}). Must be "background", "foreground", or "orphan"`);
}

export interface DeleteWish {
  readonly cascade: Cascade;
  /** Seconds; negative: as the object says. */
  readonly gracePeriod: number;
  readonly ignoreNotFound: boolean;
  readonly wait: boolean;
  /** 0: a week. */
  readonly timeoutMs: number;
  readonly dryRun: DryRun;
  readonly output: string;
  readonly quiet?: boolean;
  readonly warnClusterScope?: boolean;
  /** Only these, where the user was asked. */
  readonly only?: (info: Info) => boolean;
}

/** How a resource is named in what is printed: `deployment.apps`. */
export function kindText({ kind, group }: Mapping): string {
  return group === "" ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

const endings: Readonly<Record<DryRun, string>> = { none: "", client: " (dry run)", server: " (server dry run)" };

function told({ mapping, name, namespace }: Info & { mapping: Mapping }, wish: DeleteWish): string {
  if (wish.output === "name") return `${kindText(mapping)}/${name}\n`;
  const operation = wish.gracePeriod === 0 ? "force deleted" : "deleted";
  const where = mapping.namespaced ? ` from ${namespace} namespace` : "";
  return `${kindText(mapping)} "${name}" ${operation}${where}${endings[wish.dryRun]}\n`;
}

export async function deleteSelected(session: Session, selection: Selection, wish: DeleteWish): Promise<void> {
  if (wish.ignoreNotFound) selection.ignore((error) => isApiError(error, "NotFound"));
  const requests = new Requests(await session.api());
  const deleted: { readonly info: Info & { mapping: Mapping }; readonly uid: string | undefined }[] = [];
  let found = 0;
  let warnClusterScope = wish.warnClusterScope === true;
  await selection.visit(async (loaded) => {
    const info = loaded as Info & { mapping: Mapping };
    if (wish.only?.(info) === false) return;
    found += 1;
    if (warnClusterScope && !info.mapping.namespaced) {
      session.warn("deleting cluster-scoped resources, not scoped to the provided namespace");
      warnClusterScope = false;
    }
    if (wish.dryRun === "client") {
      if (wish.quiet !== true) session.out(told(info, wish));
      return;
    }
    const options = { propagationPolicy: wish.cascade, ...(wish.gracePeriod >= 0 ? { gracePeriodSeconds: wish.gracePeriod } : {}) };
    try {
      const answer = await requests.delete(info.mapping, info, { ...options, dryRun: wish.dryRun === "server" });
      if (wish.quiet !== true) session.out(told(info, wish));
      const uid = answer.kind === "Status" ? fieldAt(answer, "details", "uid") : answer.metadata?.uid;
      deleted.push({ info, uid: typeof uid === "string" ? uid : undefined });
    } catch (error) {
      throw withSource("deleting", info.source, error);
    }
  });
  if (found === 0) {
    session.out("No resources found\n");
    return;
  }
  if (!wish.wait || wish.dryRun !== "none") return;
  const week = 168 * 3600 * 1000;
  try {
    await waitUntilGone(session, deleted, wish.timeoutMs === 0 ? week : wish.timeoutMs);
  } catch (error) {
    if (!isApiError(error, "Forbidden") && !isApiError(error, "MethodNotAllowed")) throw error;
  }
}
