/**
 * `kubectl diff`: what apply would change, shown by an external program. Exit code 1 says that something differs, a higher one that it failed.
 * Upstream: kubectl/pkg/cmd/diff/diff.go, prune.go
 */
import { isApiError } from "../../machinery/status.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { ExitError, KubectlError, tell, usageError } from "../errors.ts";
import { array, bool, int } from "../flags.ts";
import { FlagError } from "../parseFlags.ts";
import { yamlText } from "../printers/yaml.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { fieldManagerFlag, refuseArguments, refuseIf, selectorFlag } from "../writing/flags.ts";
import { modifiedConfiguration } from "../writing/lastApplied.ts";
import { prunable, prunedKinds } from "../writing/pruning.ts";
import { isSecret, maskedPair } from "../writing/secretMask.ts";
import { requireFiles } from "../writing/selecting.ts";
import { applyToServer } from "../writing/threeWay.ts";
import { applyManager, serverSideFlags } from "./apply.ts";
import { type AppliedInfo, warnIfDeleting } from "./applyClient.ts";

const flagTable = {
  ...filenameFlags,
  ...serverSideFlags,
  ...fieldManagerFlag("kubectl-client-side-apply"),
  ...selectorFlag,
  concurrency: int({ initial: 1 }),
  prune: bool(),
  "prune-allowlist": array(),
  "show-managed-fields": bool(),
  "show-secrets": bool(),
};
type DiffCall = Call<typeof flagTable>;

export const diff: Verb = verb({
  name: "diff",
  flags: flagTable,
  failure: oneHigher,
  async run(call) {
    const { flags, session } = call;
    refuseArguments(call);
    requireFiles(flags);
    refuseIf(flags["force-conflicts"] && !flags["server-side"], "--force-conflicts only works with --server-side");
    const kinds = flags.prune ? prunedKinds(await session.mapper(), flags["prune-allowlist"]) : undefined;
    const folders = new Folders(session);
    try {
      await folders.make();
      await writeBoth(call, folders, kinds);
      await folders.compare();
    } finally {
      await folders.remove();
    }
  },
});

/** 1 means that there are differences, so failures count from 2. */
function oneHigher(error: unknown, path: string): unknown {
  if (error instanceof ExitError) return error;
  const { text, code } = tell(error instanceof FlagError ? usageError(path, error.message) : error);
  return new ExitError(code + 1, text);
}

async function writeBoth(call: DiffCall, folders: Folders, kinds: readonly Mapping[] | undefined): Promise<void> {
  const { flags, session } = call;
  const namespace = await session.namespace();
  const selection = await select(session, {
    files: filenamesOf(flags),
    namespace: namespace.name,
    enforceNamespace: namespace.explicit,
    labelSelector: flags.selector,
    flatten: true,
  });
  const visitedUids = new Set<string>();
  const visitedNamespaces = new Set<string>();
  await selection.visit(async (info) => {
    const applied = info as AppliedInfo;
    const live = await writeOne(call, folders, applied);
    if (live?.metadata?.uid !== undefined) visitedUids.add(live.metadata.uid);
    if (applied.mapping.namespaced) visitedNamespaces.add(info.namespace);
    if (live !== undefined) warnIfDeleting(session, live);
  });
  if (kinds === undefined) return;
  for await (const { mapping, object } of prunable(session, { kinds, labelSelector: flags.selector, visitedUids, visitedNamespaces })) {
    const { metadata } = object;
    await folders.write("LIVE", nameOf(mapping, metadata?.namespace ?? "", metadata?.name ?? ""), object);
  }
}

const attempts = 4;

/** Writes an object as it is and as it would be; gives the one that is. */
async function writeOne(call: DiffCall, folders: Folders, info: AppliedInfo): Promise<Unstructured | undefined> {
  const local = info.object;
  const requests = new Requests(await call.session.api());
  for (let attempt = 1; ; attempt += 1) {
    const live = await requests.find(info.mapping, info);
    try {
      const merged = await mergedObject(call, { info, local, live, locked: attempt < attempts });
      await writePair(call, folders, { name: nameOf(info.mapping, info.namespace, info.name), live, merged });
      return live;
    } catch (error) {
      if (!isApiError(error, "Conflict") || attempt >= attempts) throw error;
    }
  }
}

interface Merging {
  readonly info: AppliedInfo;
  readonly local: Unstructured;
  readonly live: Unstructured | undefined;
  /** A change in between is a conflict. */
  readonly locked: boolean;
}

/** What the server makes of it, without doing it. */
async function mergedObject(call: DiffCall, { info, local, live, locked }: Merging): Promise<Unstructured> {
  const { flags, session } = call;
  const requests = new Requests(await session.api());
  const options = { dryRun: true, fieldManager: applyManager(flags, call.changed("field-manager")) };
  if (flags["server-side"]) {
    const force = flags["force-conflicts"];
    return await requests.patch(info.mapping, info, { type: "apply", body: local }, { ...options, force });
  }
  if (live === undefined) return await requests.create(info.mapping, info.namespace, local, options);
  const modified = modifiedConfiguration(local, false);
  const target: LoadedInfo & AppliedInfo = { ...info, object: live };
  return (await applyToServer(target, modified, { session, requests, options, locked })).object;
}

interface Pair {
  readonly name: string;
  readonly live: Unstructured | undefined;
  readonly merged: Unstructured;
}

async function writePair({ flags }: DiffCall, folders: Folders, { name, live, merged }: Pair): Promise<void> {
  let from = live;
  let to = merged;
  if (!flags["show-managed-fields"]) {
    from = from === undefined ? undefined : withoutManagedFields(from);
    to = withoutManagedFields(to);
  }
  const masks = !flags["show-secrets"] && isSecret(to);
  if (masks) ({ from, to } = maskedPair(from, to));
  // A secret that isn't there is written as a null, other objects as an empty file.
  await folders.write("LIVE", name, from ?? (masks ? null : undefined));
  await folders.write("MERGED", name, to);
}

function withoutManagedFields(object: Unstructured): Unstructured {
  if (object.metadata === undefined) return object;
  const { managedFields: _managed, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function nameOf({ group, version, kind }: Mapping, namespace: string, name: string): string {
  return [...(group === "" ? [] : [group]), version, kind, namespace, name].join(".");
}

/** Two temporary folders of files of the same names, and the program that compares them. */
class Folders {
  private readonly session: Session;
  private readonly paths = new Map<"LIVE" | "MERGED", string>();

  constructor(session: Session) {
    this.session = session;
  }

  async make(): Promise<void> {
    for (const side of ["LIVE", "MERGED"] as const) this.paths.set(side, await this.session.host.files.makeTemporaryFolder(`${side}-`));
  }

  async write(side: "LIVE" | "MERGED", name: string, object: Unstructured | null | undefined): Promise<void> {
    const text = object === undefined ? "" : yamlText(object);
    await this.session.host.files.write(`${this.path(side)}/${name}`, text, 0o700);
  }

  async remove(): Promise<void> {
    for (const path of this.paths.values()) await this.session.host.files.remove(path);
  }

  /** Throws what the exit code is to be. */
  async compare(): Promise<void> {
    const { host } = this.session;
    const { program, args } = diffProgram(host.env["KUBECTL_EXTERNAL_DIFF"] ?? "", [this.path("LIVE"), this.path("MERGED")]);
    const path = await host.programs.find(program);
    if (path === undefined) throw new KubectlError(`failed to run ${goQuote(program)}: executable file not found in $PATH`);
    const code = await this.run(path, args);
    if (code > 1) throw new KubectlError(`failed to run ${goQuote(program)}: exit status ${code}`);
    if (code === 1) throw new ExitError(1);
  }

  /** On a terminal the program may draw and ask. */
  private async run(path: string, args: readonly string[]): Promise<number> {
    const { host } = this.session;
    if (host.out.isTerminal) return await host.programs.runAttached(path, args);
    const { code, output } = await host.programs.capture(path, args, {});
    this.session.out(output);
    return code;
  }

  private path(side: "LIVE" | "MERGED"): string {
    return this.paths.get(side) ?? "";
  }
}

/** The user's choice, of whose words only plain flags are taken; else `diff -u -N`. */
export function diffProgram(chosen: string, folders: readonly string[]): { readonly program: string; readonly args: readonly string[] } {
  if (chosen === "") return { program: "diff", args: ["-u", "-N", ...folders] };
  const [program = "", ...words] = chosen.split(" ");
  return { program, args: [...folders, ...words.filter((word) => /^[a-zA-Z0-9-=]+$/.test(word))] };
}
