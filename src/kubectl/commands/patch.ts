/** `kubectl patch`. Upstream: kubectl/pkg/cmd/patch/patch.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { type PatchKind, patchTypes, Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { equalJson } from "../../machinery/patch/jsonValue.ts";
import { applyJsonPatch } from "../../machinery/patch/json.ts";
import { applyMergePatch } from "../../machinery/patch/merge.ts";
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { isApiError } from "../../machinery/status.ts";
import { parseYaml } from "../../schema/yaml.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { dryRunFlag, dryRunOf, fieldManagerFlag, printFlags, recordFlag } from "../writing/flags.ts";
import { recorder } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { structOfObject } from "../writing/typed.ts";
import type { MappedInfo } from "../writing/waiting.ts";

const types = ["json", "merge", "strategic"] as const;

export const patch: Verb = verb({
  name: "patch",
  flags: {
    ...printFlags,
    ...recordFlag,
    ...dryRunFlag,
    ...filenameFlags,
    ...fieldManagerFlag("kubectl-patch"),
    local: bool(),
    patch: text({ short: "p" }),
    "patch-file": text(),
    subresource: text(),
    type: text({ initial: "strategic" }),
  },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const namespace = flags.local ? { name: "", explicit: false } : await session.namespace();
    refuseContradictions(flags, { args: call.args, serverDryRun: dryRun === "server" });
    const type = types.find((one) => one === flags.type.toLowerCase()) ?? "strategic";
    // Upstream forgets to say that it was a dry run.
    const print = await resultPrinter(session, flags);
    const body = await patchBody(flags, (path) => session.host.files.read(path));
    const selection = await select(session, {
      ...eachObject(flags, namespace),
      args: call.args,
      local: flags.local,
      subresource: flags.subresource,
    });
    const record = recorder(call);
    let count = 0;
    await selection.visit(async (info) => {
      count += 1;
      if (flags.local || dryRun === "client") {
        const patched = patchedLocally(info.object, type, body);
        print(patched, equalJson(info.object, patched) ? "patched (no change)" : "patched");
        return;
      }
      const { mapping } = info as typeof info & MappedInfo;
      const requests = new Requests(await session.api());
      const options = {
        dryRun: dryRun === "server",
        fieldManager: flags["field-manager"],
        ...(flags.subresource === "" ? {} : { subresource: flags.subresource }),
      };
      try {
        const before = info.object;
        let after = await requests.patch(mapping, info, { type, body }, options);
        const changed = !equalJson(before, after);
        const cause = record({ metadata: { name: "" } }).metadata.annotations;
        if (cause !== undefined) {
          after = await requests.patch(mapping, info, { type: "merge", body: { metadata: { annotations: cause } } }, options);
        }
        print(after, changed ? "patched" : "patched (no change)");
      } catch (error) {
        if (!isApiError(error, "UnsupportedMediaType")) throw error;
        throw new KubectlError(
          `${patchTypes[type]} is not supported by ${mapping.group}/${mapping.version}, Kind=${mapping.kind}: ${textOf(error)}`,
        );
      }
    });
    if (count === 0) throw new KubectlError("no objects passed to patch");
  },
});

interface Checked {
  readonly patch: string;
  readonly "patch-file": string;
  readonly local: boolean;
  readonly type: string;
}

function refuseContradictions(
  flags: Checked,
  { args, serverDryRun }: { readonly args: readonly string[]; readonly serverDryRun: boolean },
): void {
  if (flags.patch !== "" && flags["patch-file"] !== "") throw new KubectlError("cannot specify --patch and --patch-file together");
  if (flags.patch === "" && flags["patch-file"] === "") {
    throw new KubectlError("must specify --patch or --patch-file containing the contents of the patch");
  }
  if (flags.local && args.length > 0) throw new KubectlError("cannot specify --local and server resources");
  if (flags.local && serverDryRun) throw new KubectlError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
  if (flags.type !== "" && !types.some((one) => one === flags.type.toLowerCase())) {
    throw new KubectlError(`--type must be one of [${types.join(" ")}], not ${goQuote(flags.type)}`);
  }
}

async function patchBody(flags: Checked, read: (path: string) => Promise<Uint8Array>): Promise<unknown> {
  let written = flags.patch;
  if (flags["patch-file"] !== "") {
    try {
      written = new TextDecoder().decode(await read(flags["patch-file"]));
    } catch (error) {
      throw new KubectlError(`unable to read patch file: ${textOf(error)}`);
    }
  }
  try {
    return parseYaml(written).value;
  } catch (error) {
    throw new KubectlError(`unable to parse ${goQuote(flags.patch)}: ${textOf(error).replace("error converting YAML to JSON: ", "")}`);
  }
}

function patchedLocally(object: Unstructured, type: PatchKind, body: unknown): Unstructured {
  if (type === "json") return applyJsonPatch(object, body) as Unstructured;
  if (type === "merge") return applyMergePatch(object, body) as Unstructured;
  const struct = structOfObject(object);
  if (struct === undefined) {
    const { apiVersion = "", kind = "" } = object;
    throw new KubectlError(`strategic merge patch is not supported for ${apiVersion}, Kind=${kind} locally, try --type merge`);
  }
  return applyStrategicMergePatch(object, body, struct) as Unstructured;
}
