/** What label and annotate have in common: which objects, and the merge patch of their metadata. */
import type { Call } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, type Flag, type FlagValues, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import type { Selection } from "../resources/selection.ts";
import { textAt, type Unstructured } from "../resources/unstructured.ts";
import { createMergePatch } from "../../machinery/patch/merge.ts";
import { type DryRun, dryRunFlag, printFlags, recordFlag, selectorFlag } from "../writing/flags.ts";
import { recorder } from "../writing/recorder.ts";
import type { MappedInfo } from "../writing/waiting.ts";

type MetadataFlags = typeof printFlags &
  typeof recordFlag &
  typeof filenameFlags &
  typeof dryRunFlag &
  typeof selectorFlag & {
    readonly all: Flag<boolean>;
    readonly "all-namespaces": Flag<boolean>;
    readonly "field-selector": Flag<string>;
    readonly list: Flag<boolean>;
    readonly local: Flag<boolean>;
    readonly overwrite: Flag<boolean>;
    readonly "resource-version": Flag<string>;
  };

export const metadataFlags: MetadataFlags = {
  ...printFlags,
  ...recordFlag,
  ...filenameFlags,
  ...dryRunFlag,
  ...selectorFlag,
  all: bool(),
  "all-namespaces": bool({ short: "A" }),
  "field-selector": text(),
  list: bool(),
  local: bool(),
  overwrite: bool(),
  "resource-version": text(),
};

export type MetadataCall = Call<MetadataFlags & { readonly "field-manager": Flag<string> }>;

export async function selectForMetadata({ flags, session }: MetadataCall, resources: readonly string[]): Promise<Selection> {
  const namespace = flags.local ? { name: "", explicit: false } : await session.namespace();
  const selection = await select(session, {
    ...eachObject(flags, namespace),
    ...(flags.local
      ? { local: true }
      : {
          args: resources,
          allowEmptySelector: flags.all,
          labelSelector: flags.selector,
          fieldSelector: flags["field-selector"],
          allNamespaces: flags["all-namespaces"],
          latest: true,
        }),
  });
  if (!selection.single && flags["resource-version"] !== "")
    throw new KubectlError("--resource-version may only be used with a single resource");
  return selection;
}

export interface MetadataChange {
  readonly field: "labels" | "annotations";
  readonly added: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

/** The object with the change in it. */
export function withChange(
  object: Unstructured,
  { field, added, removed }: MetadataChange,
  flags: { readonly "resource-version": string },
): Unstructured {
  const values: Record<string, string> = { ...object.metadata?.[field] };
  for (const [key, value] of added) values[key] = value;
  for (const key of removed) delete values[key];
  const resourceVersion = flags["resource-version"];
  const metadata = { ...object.metadata, [field]: values, ...(resourceVersion === "" ? {} : { resourceVersion }) };
  return { ...object, metadata: metadata };
}

/** Sends the difference. */
export async function sendChange(
  call: MetadataCall,
  info: MappedInfo & { readonly object: Unstructured },
  change: MetadataChange,
  dryRun: DryRun,
): Promise<Unstructured> {
  const { flags, session } = call;
  const before = { ...info.object, metadata: { ...info.object.metadata } } as Unstructured;
  if (flags["resource-version"] !== "" && before.metadata !== undefined) delete before.metadata.resourceVersion;
  const after = recorder(call)(withChange(before, change, flags));
  const requests = new Requests(await session.api());
  const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] };
  return requests.patch(info.mapping, info, { type: "merge", body: createMergePatch(before, after) }, options);
}

/** --list: what an object has. */
export function listed(object: Unstructured, field: "labels" | "annotations", single: boolean): string {
  const [group = ""] = textAt(object, "apiVersion").includes("/") ? textAt(object, "apiVersion").split("/") : [""];
  const head = single ? "" : `Listing ${field} for ${object.kind}.${group}/${object.metadata?.name ?? ""}:\n`;
  const indent = single ? "" : " ";
  const lines = Object.entries(object.metadata?.[field] ?? {}).map(([key, value]) => `${indent}${key}=${value}\n`);
  return head + lines.join("");
}

export function checkTargets(
  flags: FlagValues<MetadataFlags>,
  resources: readonly string[],
  { serverDryRun, example }: { readonly serverDryRun: boolean; readonly example: string },
): void {
  if (flags.all && flags.selector !== "") throw new KubectlError("cannot set --all and --selector at the same time");
  if (flags.all && flags["field-selector"] !== "") throw new KubectlError("cannot set --all and --field-selector at the same time");
  const noFiles = flags.filename.length === 0 && flags.kustomize === "";
  if (!flags.local) {
    if (resources.length === 0 && noFiles)
      throw new KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    return;
  }
  if (serverDryRun) throw new KubectlError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
  if (resources.length > 0)
    throw new KubectlError(`can only use local files by -f ${example}.yaml or --filename=${example}.json when --local=true is set`);
  if (noFiles) throw new KubectlError(`one or more files must be specified as -f ${example}.yaml or --filename=${example}.json`);
}
