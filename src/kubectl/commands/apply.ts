/**
 * `kubectl apply`, by the client and by the server, with --prune. Left out: --applyset, which upstream keeps behind a switch.
 * Upstream: kubectl/pkg/cmd/apply/apply.go, prune.go
 */
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, throwAll } from "../errors.ts";
import { array, bool, type Flag, text } from "../flags.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { v1List } from "../resources/selection.ts";
import type { Session } from "../session.ts";
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
import { prunable, prunedKinds } from "../writing/pruning.ts";
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
  "openapi-patch": bool({ initial: true }),
  overwrite: bool({ initial: true }),
  prune: bool(),
  "prune-allowlist": array(),
  subresource: text(),
};

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
      const kinds = flags.prune ? prunedKinds(await session.mapper(), flags["prune-allowlist"]) : [];
      refuseContradictions(flags, dryRun);
      const validate = validatorFor(fieldValidation);
      const selection = await select(session, {
        files: filenamesOf(flags),
        namespace: namespace.name,
        enforceNamespace: namespace.explicit,
        labelSelector: flags.selector,
        continueOnError: true,
        flatten: true,
        ...(validate === undefined ? {} : { validate }),
      });
      const { infos, problem } = await collectInfos(selection);
      const problems = problem === undefined ? [] : [problem];
      if (infos.length === 0 && problems.length === 0) throw new KubectlError("no objects passed to apply");
      const applied = await applyAll(call, infos, { dryRun, cascade, fieldValidation, problems, print });
      throwAll(problems);
      const whole = flags.output !== "" && flags.output !== "name";
      if (whole)
        print(
          applied.length === 1
            ? (applied[0] as LoadedInfo).object
            : v1List(
                applied.map(({ object }) => object),
                "",
              ),
          "",
        );
      if (!flags.prune) return;
      const visitedNamespaces = new Set(infos.filter(({ mapping }) => mapping?.namespaced).map((info) => info.namespace));
      if (namespace.explicit) visitedNamespaces.add(namespace.name);
      const visitedUids = new Set(infos.map(({ object }) => object.metadata?.uid ?? ""));
      await prune(
        session,
        { kinds, labelSelector: flags.selector, visitedNamespaces, visitedUids },
        { dryRun, cascade, gracePeriod: flags["grace-period"], print },
      );
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
async function applyAll(call: Call<typeof flagTable>, infos: readonly LoadedInfo[], how: ApplyAll): Promise<LoadedInfo[]> {
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

interface Checked {
  readonly "force-conflicts": boolean;
  readonly "server-side": boolean;
  readonly force: boolean;
  readonly all: boolean;
  readonly selector: string;
  readonly prune: boolean;
  readonly subresource: string;
}

function refuseContradictions(flags: Checked, dryRun: DryRun): void {
  const server = flags["server-side"];
  refuseIf(flags["force-conflicts"] && !server, "--force-conflicts only works with --server-side");
  refuseIf(dryRun === "client" && server, "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  refuseIf(server && flags.force, "--force cannot be used with --server-side");
  refuseIf(dryRun === "server" && flags.force, "--dry-run=server cannot be used with --force");
  refuseIf(flags.all && flags.selector !== "", "cannot set --all and --selector at the same time");
  if (flags.prune) {
    refuseIf(flags.force, "--force cannot be used with --prune");
    refuseIf(
      !flags.all && flags.selector === "",
      "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
    );
    refuseIf(server, "--prune is in alpha and doesn't currently work on objects created by server-side apply");
  }
  refuseIf(flags.subresource !== "" && !server, "--subresource can only be specified for --server-side");
}

interface PruneHow {
  readonly dryRun: DryRun;
  readonly cascade: Cascade;
  readonly gracePeriod: number;
  readonly print: ResultPrinter;
}

async function prune(
  session: Session,
  scope: Parameters<typeof prunable>[1],
  { dryRun, cascade, gracePeriod, print }: PruneHow,
): Promise<void> {
  const requests = new Requests(await session.api());
  for await (const { mapping, object } of prunable(session, scope)) {
    if (dryRun !== "client") {
      const place = { namespace: object.metadata?.namespace ?? "", name: object.metadata?.name ?? "" };
      const grace = gracePeriod >= 0 ? { gracePeriodSeconds: gracePeriod } : {};
      await requests.delete(mapping, place, { ...grace, propagationPolicy: cascade, dryRun: dryRun === "server" });
    }
    print(object, "pruned");
  }
}
