/** `kubectl describe`. Upstream: kubectl/pkg/cmd/describe/describe.go */
import { type Call, type Verb, verb } from "../command.ts";
import { describe as describeOne } from "../describing/describers.ts";
import type { Describing } from "../describing/lookups.ts";
import { Failures, KubectlError, textOf } from "../errors.ts";
import { bool, int, text } from "../flags.ts";
import { isApiError } from "../../machinery/status.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { select } from "../resources/select.ts";
import type { Selection } from "../resources/selection.ts";

const flags = {
  ...filenameFlags,
  "all-namespaces": bool({ short: "A" }),
  "chunk-size": int({ bits: 64, initial: 500 }),
  selector: text({ short: "l" }),
  "show-events": bool({ initial: true }),
};

export const describe: Verb = verb({
  name: "describe",
  flags,
  async run(call) {
    const { args, session } = call;
    if (args.length === 0 && call.flags.filename.length === 0 && call.flags.kustomize === "") {
      const suggestion = 'Use "kubectl api-resources" for a complete list of supported resources.';
      throw new KubectlError(`You must specify the type of resource to describe. ${suggestion}\n`);
    }
    const selection = await selectionOf(call);
    const infos: LoadedInfo[] = [];
    const failures = await selection.tryVisit((info) => void infos.push(info));
    const many = failures.length > 0 || infos.length > 1;
    const describing = await describingFor(call, call.changed("show-events") || !many ? call.flags["show-events"] : false);
    if (failures.length === 1 && isApiError(failures[0], "NotFound") && args.length === 2) {
      return await describeMatching(call, describing, failures[0]);
    }
    const problems = [...(failures.length > 0 ? [new Failures(failures)] : []), ...(await describeAll(call, infos, describing))];
    if (infos.length === 0 && problems.length === 0) {
      const { name } = await session.namespace();
      session.err(call.flags["all-namespaces"] ? "No resources found\n" : `No resources found in ${name} namespace.\n`);
    }
    if (problems.length > 0) throw new Failures(problems);
    return undefined;
  },
});

async function selectionOf({ args, flags: given, session }: Call<typeof flags>): Promise<Selection> {
  const namespace = await session.namespace();
  return await select(session, {
    args,
    allowEmptySelector: true,
    files: filenamesOf(given),
    namespace: namespace.name,
    enforceNamespace: namespace.explicit && !given["all-namespaces"],
    allNamespaces: given["all-namespaces"],
    labelSelector: given.selector,
    limit: given["chunk-size"],
    continueOnError: true,
    flatten: true,
  });
}

async function describingFor(
  { flags: { "chunk-size": chunkSize }, session }: Call<typeof flags>,
  showEvents: boolean,
): Promise<Describing> {
  return { api: await session.api(), showEvents, chunkSize, now: () => session.host.clock.now() };
}

/** Each thing that went wrong is told once. */
async function describeAll({ session }: Call<typeof flags>, infos: readonly LoadedInfo[], describing: Describing): Promise<unknown[]> {
  const problems = new Map<string, unknown>();
  let first = true;
  for (const { mapping, namespace, name } of infos) {
    if (mapping === undefined) continue;
    try {
      const description = await describeOne(mapping, { namespace, name }, describing);
      session.out(first ? description : `\n\n${description}`);
      first = false;
    } catch (error) {
      if (!problems.has(textOf(error))) problems.set(textOf(error), error);
    }
  }
  return [...problems.values()];
}

/** No object of that name: all whose names begin with it. */
async function describeMatching(
  { args, flags: given, session }: Call<typeof flags>,
  describing: Describing,
  notFound: unknown,
): Promise<void> {
  const [type = "", prefix = ""] = args;
  const selection = await select(session, {
    args: [type],
    allowEmptySelector: true,
    namespace: (await session.namespace()).name,
    limit: given["chunk-size"],
    singleResourceType: true,
    flatten: true,
  });
  const mapping = selection.resourceMapping();
  const matching = (await selection.infos()).filter(({ name }) => name.startsWith(prefix));
  for (const { namespace, name } of matching) session.out(`${await describeOne(mapping, { namespace, name }, describing)}\n`);
  if (matching.length === 0) throw notFound;
}
