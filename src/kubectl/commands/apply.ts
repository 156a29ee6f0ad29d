/** `kubectl apply`, by the client and by the server, with --prune. Upstream: kubectl/pkg/cmd/apply/apply.go, prune.go */
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, textOf, throwAll } from "../errors.ts";
import { array, bool, type Flag, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import { writtenList } from "../resources/selection.ts";
import type { Session } from "../session.ts";
import { ApplySet, parseParent } from "../writing/applySet.ts";
import { groupKindText } from "../writing/applySetScope.ts";
import { collectInfos } from "../writing/collecting.ts";
import { cascadeOf, deletionFlags, type Cascade } from "../writing/deleting.ts";
import {
  type DryRun,
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fieldValidationOf,
  printFlags,
  refuseIf,
  recordFlag,
  refuseArguments,
  selectorFlag,
  validateFlag,
} from "../writing/flags.ts";
import { overwriteGuard } from "../writing/overwriteGuard.ts";
import { prunable, type Prunable, prunableMembers, prunedKinds } from "../writing/pruning.ts";
import { recorder } from "../writing/recorder.ts";
import { type ResultPrinter, resultPrinter } from "../writing/resultPrinter.ts";
import { requireFiles } from "../writing/selecting.ts";
import { validatorFor } from "../writing/validator.ts";
import { applyByClient, type AppliedInfo } from "./applyClient.ts";
import { editLastApplied, setLastApplied, viewLastApplied } from "./applyLastApplied.ts";
import { applyByServer, defaultServerManager } from "./applyServer.ts";

const clientManager = "kubectl-client-side-apply";

export const serverSideFlags: { readonly "server-side": Flag<boolean>; readonly "force-conflicts": Flag<boolean> } = {
  "server-side": bool(),
  "force-conflicts": bool(),
};

const flagTable = {
  ...printFlags,
  ...filenameFlags,
  ...deletionFlags,
  ...recordFlag,
  ...validateFlag,
  ...dryRunFlag,
  ...serverSideFlags,
  ...fieldManagerFlag(clientManager),
  ...selectorFlag,
  all: bool(),
  applyset: text({ gate: "KUBECTL_APPLYSET" }),
  "openapi-patch": bool({ initial: true }),
  overwrite: bool({ initial: true }),
  prune: bool(),
  "prune-allowlist": array(),
  subresource: text(),
};

type ApplyCall = Call<typeof flagTable>;

/** The manager that writes: another name for the server's apply, unless one was given. */
export function applyManager(flags: { readonly "field-manager": string; readonly "server-side": boolean }, given: boolean): string {
  return flags["server-side"] && !given ? defaultServerManager : flags["field-manager"];
}

export const apply: Verb = verb(
  {
    name: "apply",
    flags: flagTable,
    async run(call) {
      const { flags, session } = call;
      refuseArguments(call);
      const dryRun = dryRunOf(flags);
      const cascade = cascadeOf(flags.cascade, session);
      requireFiles(flags);
      const fieldValidation = fieldValidationOf(flags);
      const print = await resultPrinter(session, flags, { dryRun });
      const namespace = await session.namespace();
      const set = await applySetOf(call, namespace.explicit ? namespace.name : "");
      const kinds =
        flags.prune && (set === undefined || flags["prune-allowlist"].length > 0)
          ? prunedKinds(await session.mapper(), flags["prune-allowlist"])
          : [];
      await refuseContradictions(call, dryRun, set);
      const validate = validatorFor(fieldValidation);
      const selection = await select(session, {
        ...eachObject(flags, namespace),
        labelSelector: flags.selector,
        ...(validate === undefined ? {} : { validate }),
      });
      const { infos, problems } = await collected(selection, set);
      if (infos.length === 0 && problems.length === 0) throw new KubectlError("no objects passed to apply");
      await set?.beforeApply(infos, await session.mapper(), { dryRun, fieldValidation });
      const applied = await applyAll(call, infos, { dryRun, cascade, fieldValidation, problems, print });
      throwAll(problems);
      const whole = flags.output !== "" && flags.output !== "name";
      if (whole) print(applied.length === 1 ? (applied[0] as LoadedInfo).object : writtenList(applied.map(({ object }) => object)), "");
      if (!flags.prune) return;
      const visitedUids = new Set(infos.map(({ object }) => object.metadata?.uid ?? ""));
      const how = { dryRun, cascade, gracePeriod: flags["grace-period"], print };
      if (set !== undefined) {
        await pruneSet(session, set, visitedUids, how);
        await set.afterPrune({ dryRun, fieldValidation });
        return;
      }
      const visitedNamespaces = new Set(infos.filter(({ mapping }) => mapping?.namespaced).map((info) => info.namespace));
      if (namespace.explicit) visitedNamespaces.add(namespace.name);
      await prune(session, { kinds, labelSelector: flags.selector, visitedNamespaces, visitedUids }, how);
    },
  },
  [viewLastApplied, setLastApplied, editLastApplied],
);

interface ApplyAll {
  readonly dryRun: DryRun;
  readonly cascade: Cascade;
  readonly fieldValidation: string;
  readonly problems: unknown[];
  readonly print: ResultPrinter;
}

/** Applies one after the other; what fails is added to `problems`, the others go on. */
async function applyAll(call: ApplyCall, infos: readonly LoadedInfo[], how: ApplyAll): Promise<LoadedInfo[]> {
  const { flags, session } = call;
  const { dryRun, cascade, fieldValidation, problems, print } = how;
  const record = recorder(call);
  const fieldManager = applyManager(flags, call.changed("field-manager"));
  const options = { dryRun: dryRun === "server", fieldManager, fieldValidation };
  const whole = flags.output !== "" && flags.output !== "name";
  const done: LoadedInfo[] = [];
  for (const info of infos) {
    info.object = record(info.object);
    try {
      if (info.name === "" && (info.object.metadata?.generateName ?? "") !== "") {
        throw new KubectlError(`from ${info.object.metadata?.generateName}: cannot use generate name with apply`);
      }
      let operation = "serverside-applied";
      if (flags["server-side"]) {
        await applyByServer(session, info as AppliedInfo, { options, force: flags["force-conflicts"], subresource: flags.subresource });
      } else {
        const { force, timeout: timeoutMs, "grace-period": gracePeriod } = flags;
        const guard = flags.overwrite ? undefined : overwriteGuard(session, (info as AppliedInfo).mapping, flags["openapi-patch"]);
        operation = await applyByClient(session, info as AppliedInfo, { dryRun, options, force, cascade, gracePeriod, timeoutMs, guard });
      }
      done.push(info);
      if (!whole) print(info.object, operation);
    } catch (error) {
      problems.push(error);
    }
  }
  return done;
}

/** undefined: no --applyset. `namespace`: as it was given. */
async function applySetOf(call: ApplyCall, namespace: string): Promise<ApplySet | undefined> {
  const { flags, session } = call;
  if (!call.changed("applyset") || flags.applyset === "") return undefined;
  const parent = parseParent(flags.applyset, await session.mapper());
  return await ApplySet.of({ ...parent, namespace: parent.mapping.namespaced ? namespace : "" }, new Requests(await session.api()));
}

/** What there is to apply; as members of the set, where there is one. */
async function collected(
  selection: Parameters<typeof collectInfos>[0],
  set: ApplySet | undefined,
): Promise<{ readonly infos: LoadedInfo[]; readonly problems: unknown[] }> {
  const { infos, problem } = await collectInfos(selection);
  try {
    set?.addLabels(infos);
  } catch (error) {
    return { infos: [], problems: [error] };
  }
  return { infos, problems: problem === undefined ? [] : [problem] };
}

async function refuseContradictions({ flags }: ApplyCall, dryRun: DryRun, set: ApplySet | undefined): Promise<void> {
  const server = flags["server-side"];
  refuseIf(flags["force-conflicts"] && !server, "--force-conflicts only works with --server-side");
  refuseIf(dryRun === "client" && server, "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  refuseIf(server && flags.force, "--force cannot be used with --server-side");
  refuseIf(dryRun === "server" && flags.force, "--dry-run=server cannot be used with --force");
  refuseIf(flags.all && flags.selector !== "", "cannot set --all and --selector at the same time");
  if (set !== undefined) {
    refuseIf(!flags.prune, "--applyset requires --prune");
    await set.validate();
  }
  if (flags.prune) refusePruning(flags, set !== undefined);
  refuseIf(flags.subresource !== "" && !server, "--subresource can only be specified for --server-side");
}

interface Pruning {
  readonly force: boolean;
  readonly all: boolean;
  readonly selector: string;
  readonly "prune-allowlist": readonly string[];
  readonly "server-side": boolean;
}

function refusePruning(flags: Pruning, ofSet: boolean): void {
  refuseIf(flags.force, "--force cannot be used with --prune");
  if (ofSet) {
    refuseIf(flags.all, "--all is incompatible with --applyset");
    refuseIf(flags.selector !== "", "--selector is incompatible with --applyset");
    refuseIf(flags["prune-allowlist"].length > 0, "--prune-allowlist is incompatible with --applyset");
    return;
  }
  refuseIf(
    !flags.all && flags.selector === "",
    "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
  );
  refuseIf(flags["server-side"], "--prune is in alpha and doesn't currently work on objects created by server-side apply");
}

interface PruneHow {
  readonly dryRun: DryRun;
  readonly cascade: Cascade;
  readonly gracePeriod: number;
  readonly print: ResultPrinter;
}

async function prune(session: Session, scope: Parameters<typeof prunable>[1], how: PruneHow): Promise<void> {
  const requests = new Requests(await session.api());
  for await (const one of prunable(session, scope)) await pruneOne(requests, one, how);
}

async function pruneSet(session: Session, set: ApplySet, visitedUids: ReadonlySet<string>, how: PruneHow): Promise<void> {
  const requests = new Requests(await session.api());
  for (const one of await prunableMembers(requests, set, visitedUids)) {
    try {
      await pruneOne(requests, one, how);
    } catch (error) {
      const [name, namespace] = [one.object.metadata?.name ?? "", one.object.metadata?.namespace ?? ""];
      const place = namespace === "" ? name : `${namespace}/${name}`;
      throw new KubectlError(`pruning ${groupKindText(one.mapping)} ${place}: ${textOf(error)}`);
    }
  }
}

async function pruneOne(
  requests: Requests,
  { mapping, object }: Prunable,
  { dryRun, cascade, gracePeriod, print }: PruneHow,
): Promise<void> {
  if (dryRun !== "client") {
    const place = { namespace: object.metadata?.namespace ?? "", name: object.metadata?.name ?? "" };
    const grace = gracePeriod >= 0 ? { gracePeriodSeconds: gracePeriod } : {};
    await requests.delete(mapping, place, { ...grace, propagationPolicy: cascade, dryRun: dryRun === "server" });
  }
  print(object, "pruned");
}
