/** `kubectl delete`. Upstream: kubectl/pkg/cmd/delete/delete.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import type { Info } from "../resources/info.ts";
import { select } from "../resources/select.ts";
import { eachObject, type SelectOptions } from "../resources/selectOptions.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Session } from "../session.ts";
import { cascadeOf, deleteSelected, deletionFlags, kindText } from "../writing/deleting.ts";
import { dryRunFlag, dryRunOf, refuseIf, selectorFlag } from "../writing/flags.ts";
import { checkRaw, sendRaw } from "../writing/rawRequest.ts";
import { isApiError } from "../../machinery/status.ts";

const unconfirmed =
  "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.";

export const deleteVerb: Verb = verb({
  name: "delete",
  flags: {
    ...filenameFlags,
    ...deletionFlags,
    ...selectorFlag,
    ...dryRunFlag,
    all: bool(),
    "all-namespaces": bool({ short: "A" }),
    "field-selector": text(),
    "ignore-not-found": bool(),
    interactive: bool({ short: "i" }),
    now: bool(),
    output: text({ short: "o" }),
    raw: text(),
    wait: bool({ initial: true }),
  },
  async run(call) {
    const { flags, session } = call;
    const cascade = cascadeOf(flags.cascade, session);
    const namespace = await session.namespace();
    const bulk = flags.all || flags.selector !== "" || flags["field-selector"] !== "";
    const ignoreNotFound = flags["ignore-not-found"] || (bulk && !call.changed("ignore-not-found"));
    const gracePeriod = gracePeriodOf(flags);
    const dryRun = dryRunOf(flags);
    const options: SelectOptions = {
      ...eachObject(flags, namespace),
      args: call.args,
      labelSelector: flags.selector,
      fieldSelector: flags["field-selector"],
      selectAll: flags.all,
      allNamespaces: flags["all-namespaces"],
      requireObject: false,
    };
    const selection = flags.raw === "" ? await select(session, options) : undefined;
    checkFlags(session, flags, gracePeriod);
    if (selection === undefined) {
      if (flags.interactive) throw new KubectlError("--interactive can not be used with --raw");
      checkRaw(flags, { withoutFile: true });
      return sendRaw(session, "DELETE", flags.raw, flags.filename[0]);
    }
    const only = flags.interactive ? await confirmed(session, options, ignoreNotFound) : undefined;
    if (only === "nothing") return;
    await deleteSelected(session, selection, {
      cascade,
      gracePeriod,
      ignoreNotFound,
      wait: flags.wait,
      timeoutMs: flags.timeout,
      dryRun,
      output: flags.output,
      warnClusterScope: namespace.explicit && !flags["all-namespaces"],
      ...(only === undefined ? {} : { only }),
    });
  },
});

interface Checked {
  readonly output: string;
  readonly all: boolean;
  readonly selector: string;
  readonly "field-selector": string;
  readonly force: boolean;
}

function checkFlags(session: Session, flags: Checked, gracePeriod: number): void {
  const { output, all, force } = flags;
  refuseIf(output !== "" && output !== "name", `unexpected -o output mode: ${output}. We only support '-o name'`);
  refuseIf(all && flags.selector !== "", "cannot set --all and --selector at the same time");
  refuseIf(all && flags["field-selector"] !== "", "cannot set --all and --field-selector at the same time");
  if (force && gracePeriod === 0) session.warn(unconfirmed);
  refuseIf(force && gracePeriod > 0, "--force and --grace-period greater than 0 cannot be specified together");
}

function gracePeriodOf(flags: { readonly "grace-period": number; readonly now: boolean; readonly force: boolean }): number {
  let seconds = flags["grace-period"];
  if (flags.now) {
    if (seconds !== -1) throw new KubectlError("--now and --grace-period cannot be specified together");
    seconds = 1;
  }
  // To delete at once needs --force; else a pod gets the second that it takes to be told.
  if (seconds === 0 && !flags.force) return 1;
  return flags.force && seconds < 0 ? 0 : seconds;
}

const keyOf = ({ mapping, namespace, name }: Info): string => `${mapping?.group}/${mapping?.plural}/${namespace}/${name}`;

/** Asks before anything is deleted. */
async function confirmed(
  session: Session,
  options: SelectOptions,
  ignoreNotFound: boolean,
): Promise<((info: Info) => boolean) | "nothing"> {
  const preview = await select(session, options);
  if (ignoreNotFound) preview.ignore((error) => isApiError(error, "NotFound"));
  const infos = await preview.infos();
  if (infos.length === 0) {
    session.out("No resources found\n");
    return "nothing";
  }
  session.out(`You are about to delete the following ${infos.length} resource(s):\n`);
  for (const { mapping, name } of infos) session.out(`${kindText(mapping as Mapping)}/${name}\n`);
  session.out("Do you want to continue? (y/N): ");
  const answer = await session.host.input.readLine();
  if (answer?.trim().toLowerCase() !== "y") {
    session.out("deletion is cancelled\n");
    return "nothing";
  }
  const agreed = new Set(infos.map(keyOf));
  return (info) => agreed.has(keyOf(info));
}
