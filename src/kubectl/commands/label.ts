/** `kubectl label`. Upstream: kubectl/pkg/cmd/label/label.go */
import { labelValueProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { verb, type Verb } from "../command.ts";
import { KubectlError, throwAll } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { dryRunOf, fieldManagerFlag } from "../writing/flags.ts";
import { resourcesAndPairs } from "../writing/pairs.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";
import { checkTargets, listed, metadataFlags, type MetadataChange, selectForMetadata, sendChange, withChange } from "./metadataEdits.ts";

export const label: Verb = verb({
  name: "label",
  flags: { ...metadataFlags, ...fieldManagerFlag("kubectl-label") },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const { resources, pairs } = resourcesAndPairs(call.args, "label");
    const change = labelChange(pairs);
    if (flags.list && flags.output !== "") throw new KubectlError("--list and --output may not be specified together");
    checkTargets(flags, resources, { serverDryRun: dryRun === "server", example: "pod" });
    if (pairs.length === 0 && !flags.list) throw new KubectlError("at least one label update is required");
    const print = await resultPrinter(session, flags, { dryRun });
    const selection = await selectForMetadata(call, resources);
    await selection.visit(async (info) => {
      const local = dryRun === "client" || flags.local || flags.list;
      const former = info.object.metadata?.labels ?? {};
      if (!local) for (const key of change.removed) if (!Object.hasOwn(former, key)) session.out(`label ${goQuote(key)} not found.\n`);
      if (!flags.overwrite) refuseOverwrites(info.object, change);
      const operation = operationOf(former, change);
      let object = withChange(info.object, change, flags);
      if (!local)
        object = operation === "not labeled" ? info.object : await sendChange(call, info as typeof info & MappedInfo, change, dryRun);
      if (flags.list) session.out(listed(object, "labels", selection.single));
      else print(object, operation);
    });
  },
});

function labelChange(pairs: readonly string[]): MetadataChange {
  const added = new Map<string, string>();
  const removed: string[] = [];
  for (const pair of pairs) {
    if (pair.includes("=")) {
      const [key = "", value = "", ...more] = pair.split("=");
      if (more.length > 0) throw new KubectlError(`invalid label spec: ${pair}`);
      const problems = labelValueProblems(value);
      if (problems.length > 0) throw new KubectlError(`invalid label value: ${goQuote(pair)}: ${problems.join(";")}`);
      added.set(key, value);
    } else if (pair.endsWith("-")) removed.push(pair.slice(0, -1));
    else throw new KubectlError(`unknown label spec: ${pair}`);
  }
  if (removed.some((key) => added.has(key))) throw new KubectlError("can not both modify and remove a label in the same command");
  return { field: "labels", added, removed };
}

function refuseOverwrites(object: Unstructured, { added }: MetadataChange): void {
  const former = object.metadata?.labels ?? {};
  throwAll(
    [...added]
      .filter(([key, value]) => Object.hasOwn(former, key) && former[key] !== value)
      .map(([key]) => new KubectlError(`'${key}' already has a value (${former[key]}), and --overwrite is false`)),
  );
}

function operationOf(former: Readonly<Record<string, string>>, { added, removed }: MetadataChange): string {
  const adds = [...added].some(([key, value]) => former[key] !== value);
  const removes = removed.some((key) => Object.hasOwn(former, key));
  if (adds && removes) return "modified";
  if (adds) return "labeled";
  return removes ? "unlabeled" : "not labeled";
}
