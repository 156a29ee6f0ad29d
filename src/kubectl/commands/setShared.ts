/** What the sub-verbs of `set` have in common: flags, which objects, sending the changes. Upstream: kubectl/pkg/cmd/set/helper.go */
import type { Call } from "../command.ts";
import { Failures, KubectlError, textOf } from "../errors.ts";
import { bool, type Flag, type FlagTable } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { type LoadedInfo, objectName } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import type { Session } from "../session.ts";
import type { Change } from "../writing/change.ts";
import { type DryRun, dryRunFlag, fieldManagerFlag, printFlags } from "../writing/flags.ts";
import type { ResultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";

interface SetFlags {
  readonly all: Flag<boolean>;
  readonly local: Flag<boolean>;
}

export const setFlags: typeof printFlags &
  typeof filenameFlags &
  typeof dryRunFlag &
  SetFlags & { readonly "field-manager": Flag<string> } = {
  ...printFlags,
  ...filenameFlags,
  ...dryRunFlag,
  ...fieldManagerFlag("kubectl-set"),
  all: bool(),
  local: bool(),
};

export interface SetValues {
  readonly all: boolean;
  readonly local: boolean;
  readonly selector?: string;
  readonly filename: readonly string[];
  readonly kustomize?: string;
  readonly recursive: boolean;
  readonly "field-manager": string;
}

const localResources =
  "error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

export async function selectToSet(session: Session, flags: SetValues, args: readonly string[]): Promise<LoadedInfo[]> {
  if (flags.local && args.length > 0) throw new KubectlError(localResources);
  const namespace = flags.local ? { name: "", explicit: false } : await session.namespace();
  const selection = await select(session, {
    ...eachObject({ kustomize: "", ...flags }, namespace),
    ...(flags.local ? { local: true } : { args, allowEmptySelector: flags.all, labelSelector: flags.selector ?? "", latest: true }),
  });
  return selection.infos();
}

export function refuseLocalServerRun(flags: SetValues, dryRun: DryRun): void {
  if (flags.local && dryRun === "server")
    throw new KubectlError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
}

export interface Sending {
  readonly print: ResultPrinter;
  readonly operation: string;
  readonly dryRun: DryRun;
  /** `failed to patch image update to pod template:` */
  readonly failure: string;
  readonly problems: unknown[];
  /** Objects without a change are printed and patched too. */
  readonly always?: boolean;
}

/** Sends what changed, prints the results, and tells all problems at the end. */
export async function sendChanges<F extends FlagTable>(call: Call<F>, changes: readonly Change[], sending: Sending): Promise<void> {
  const { session } = call;
  const flags = call.flags as unknown as SetValues;
  const { print, operation, dryRun, failure, problems, always = false } = sending;
  for (const { info, patch, problem } of changes) {
    if (problem !== undefined) {
      problems.push(new KubectlError(`error: ${objectName(info)} ${textOf(problem)}\n`));
      continue;
    }
    if (!always && Object.keys(patch).length === 0) continue;
    if (flags.local || dryRun === "client") {
      print(info.object, operation);
      continue;
    }
    const { mapping } = info as typeof info & MappedInfo;
    const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] };
    try {
      print(await new Requests(await session.api()).patch(mapping, info, { type: "strategic", body: patch }, options), operation);
    } catch (error) {
      problems.push(new KubectlError(`${failure} ${textOf(error)}`));
    }
  }
  if (problems.length > 0) throw new Failures(problems);
}
