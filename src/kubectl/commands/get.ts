/** `kubectl get`. Upstream: kubectl/pkg/cmd/get/get.go */
import { type Call, type Verb, verb } from "../command.ts";
import { Failures, KubectlError, usageError } from "../errors.ts";
import { isApiError } from "../../machinery/status.ts";
import { type GetFlags, getFlags, isHumanReadable } from "../reading/getFlags.ts";
import { askForTables, nothingFound, printTables } from "../reading/tables.ts";
import { filenamesOf } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { select } from "../resources/select.ts";
import type { SelectOptions } from "../resources/selectOptions.ts";
import type { Session } from "../session.ts";

export const get: Verb = verb({
  name: "get",
  flags: getFlags,
  async run(call) {
    const { flags, session, args } = call;
    if (flags.raw !== "") return await getRaw(session, flags, args);
    // Asked for first: a wrong kubeconfig is told before wrong flags.
    const namespace = await session.namespace();
    checkUse(call);
    checkFlags(flags);
    const options = selectOptions(call, namespace);
    if (flags.watch || flags["watch-only"]) {
      const selection = await select(session, { ...options, singleResourceType: true, latest: true });
      return await (await import("../reading/watching.ts")).watchObjects(session, flags, selection);
    }
    const limit = flags["sort-by"] === "" ? flags["chunk-size"] : 0;
    const selection = await select(session, {
      ...options,
      limit,
      subresource: flags.subresource,
      continueOnError: true,
      latest: true,
      flatten: true,
    });
    if (flags["ignore-not-found"]) selection.ignore((error) => isApiError(error, "NotFound"));
    if (!isHumanReadable(flags)) {
      return await (await import("../reading/wholeObjects.ts")).printWholeObjects(session, flags, selection);
    }
    const infos: LoadedInfo[] = [];
    const failures = await selection.tryVisit((info) => void infos.push(info));
    const written = printTables(session, flags, infos);
    if (!written && !flags["ignore-not-found"] && failures.length === 0) nothingFound(session, flags, infos, namespace.name);
    // Two deep, as upstream's: a single failure is told without `error: ` before it.
    if (failures.length > 0) throw new Failures([new Failures(failures)]);
    return undefined;
  },
});

function selectOptions({ args, flags }: Call<typeof getFlags>, namespace: { name: string; explicit: boolean }): SelectOptions {
  return {
    args,
    allowEmptySelector: true,
    files: filenamesOf(flags),
    namespace: namespace.name,
    enforceNamespace: namespace.explicit && !flags["all-namespaces"],
    allNamespaces: flags["all-namespaces"],
    labelSelector: flags.selector,
    fieldSelector: flags["field-selector"],
    limit: flags["chunk-size"],
    change: askForTables(flags),
  };
}

const suggestion = 'Use "kubectl api-resources" for a complete list of supported resources.';

function checkUse({ args, flags, session, path }: Call<typeof getFlags>): void {
  if (flags.watch) {
    if (flags["sort-by"] !== "") session.err("warning: --watch requested, --sort-by will be ignored for watch events received\n");
  } else if (flags["watch-only"]) {
    if (flags["sort-by"] !== "") session.err("warning: --watch-only requested, --sort-by will be ignored\n");
  } else if (args.length === 0 && flags.filename.length === 0 && flags.kustomize === "") {
    session.err(`You must specify the type of resource to get. ${suggestion}\n\n`);
    throw usageError(
      path,
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
    );
  }
}

function checkFlags(flags: GetFlags): void {
  if (flags["show-labels"] && flags.output !== "" && flags.output !== "wide") {
    throw new KubectlError(`--show-labels option cannot be used with ${flags.output} printer`);
  }
  if (flags["output-watch-events"] && !flags.watch && !flags["watch-only"]) {
    throw new KubectlError("--output-watch-events option can only be used with --watch or --watch-only");
  }
}

async function getRaw(session: Session, flags: GetFlags, args: readonly string[]): Promise<void> {
  if (args.length > 0) throw new KubectlError("arguments may not be passed when --raw is specified");
  if (flags.watch || flags["watch-only"] || flags.selector !== "") {
    throw new KubectlError("--raw may not be specified with other flags that filter the server request or alter the output");
  }
  if (flags.output !== "") throw new KubectlError("--raw and --output are mutually exclusive");
  if (!flags.raw.startsWith("/")) {
    throw new KubectlError(`--raw must be a valid URL path: parse ${JSON.stringify(flags.raw)}: invalid URI for request`);
  }
  const { body } = await (await session.api()).send({ path: flags.raw });
  if (body instanceof Uint8Array) return session.out(body);
  for await (const part of body) {
    session.out(part);
    await session.host.out.drained();
  }
}
