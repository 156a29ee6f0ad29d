/** `kubectl annotate`. Upstream: kubectl/pkg/cmd/annotate/annotate.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { dryRunOf, fieldManagerFlag } from "../writing/flags.ts";
import { parsePairs, resourcesAndPairs } from "../writing/pairs.ts";
import { changeCauseAnnotation } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";
import { checkTargets, listed, metadataFlags, type MetadataChange, selectForMetadata, sendChange, withChange } from "./metadataEdits.ts";

export const annotate: Verb = verb({
  name: "annotate",
  flags: { ...metadataFlags, ...fieldManagerFlag("kubectl-annotate") },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun });
    const { resources, pairs } = resourcesAndPairs(call.args, "annotation");
    const change: MetadataChange = { field: "annotations", ...parsePairs(pairs, "annotation", true) };
    if (flags.list && flags.output !== "") throw new KubectlError("--list and --output may not be specified together");
    checkTargets(flags, resources, { serverDryRun: dryRun === "server", example: "rsrc" });
    if (pairs.length === 0 && !flags.list) throw new KubectlError("at least one annotation update is required");
    const both = change.removed.filter((key) => change.added.has(key));
    if (both.length > 0) {
      throw new KubectlError(`can not both modify and remove the following annotation(s) in the same command: ${both.join(", ")}`);
    }
    const selection = await selectForMetadata(call, resources);
    await selection.visit(async (info) => {
      if (!flags.overwrite) refuseOverwrites(info.object, change);
      const local = dryRun === "client" || flags.local || flags.list;
      const object = local
        ? withChange(info.object, change, flags)
        : await sendChange(call, info as typeof info & MappedInfo, change, dryRun);
      if (flags.list) session.out(listed(object, "annotations", selection.single));
      else print(object, "annotated");
    });
  },
});

function refuseOverwrites(object: Unstructured, { added }: MetadataChange): void {
  const former = object.metadata?.annotations ?? {};
  const taken = [...added].filter(([key, value]) => key !== changeCauseAnnotation && Object.hasOwn(former, key) && former[key] !== value);
  if (taken.length === 0) return;
  const told = taken.map(([key]) => `'${key}' already has a value (${former[key]})`).join("; ");
  throw new KubectlError(`--overwrite is false but found the following declared annotation(s): ${told}`);
}
