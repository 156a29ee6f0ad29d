/**
 * `kubectl apply view-last-applied|set-last-applied|edit-last-applied`.
 * Upstream: kubectl/pkg/cmd/apply/apply_{view,set,edit}_last_applied.go
 */
import { verb, type Verb } from "../command.ts";
import { KubectlError, usageError } from "../errors.ts";
import { bool, list, text } from "../flags.ts";
import { yamlText } from "../printers/yaml.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import { refresh } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { dryRunFlag, dryRunOf, fieldManagerFlag, printFlags, recordFlag, selectorFlag, validateFlag } from "../writing/flags.ts";
import { annotationPatch, originalConfiguration } from "../writing/lastApplied.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";
import { editAnnotations } from "./edit.ts";

export const viewLastApplied: Verb = verb({
  name: "view-last-applied",
  flags: { ...filenameFlags, ...selectorFlag, all: bool(), output: text({ short: "o", initial: "yaml" }) },
  async run(call) {
    const { flags, session } = call;
    const namespace = await session.namespace();
    const selection = await select(session, {
      args: call.args,
      allowEmptySelector: namespace.explicit,
      files: filenamesOf(flags),
      namespace: namespace.name,
      enforceNamespace: namespace.explicit,
      labelSelector: flags.selector,
      selectAll: flags.all,
      latest: true,
      flatten: true,
    });
    const texts: string[] = [];
    await selection.visit((info) => {
      const configuration = originalConfiguration(info.object);
      // Upstream means to tell of those without one, and forgets.
      if (configuration !== undefined) texts.push(configuration);
    });
    for (const one of texts) {
      if (flags.output === "json") session.out(`${JSON.stringify(JSON.parse(one), undefined, 2)}\n`);
      else if (flags.output === "yaml") session.out(yamlText(JSON.parse(one)));
      else throw usageError(call.path, `Unexpected -o output mode: ${flags.output}, the flag 'output' must be one of yaml|json`);
    }
  },
});

export const setLastApplied: Verb = verb({
  name: "set-last-applied",
  flags: { ...printFlags, ...dryRunFlag, "create-annotation": bool(), filename: list({ short: "f" }) },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const namespace = await session.namespace();
    const print = await resultPrinter(session, flags, { dryRun });
    const selection = await select(session, {
      files: { filenames: flags.filename, kustomize: "", recursive: false },
      namespace: namespace.name,
      enforceNamespace: namespace.explicit,
      flatten: true,
    });
    const requests = new Requests(await session.api());
    const changes: { readonly info: MappedInfo; readonly patch: Record<string, unknown> }[] = [];
    await selection.visit(async (loaded) => {
      const info = loaded as typeof loaded & MappedInfo;
      const { patch, text } = annotationPatch(info.object);
      refresh(info, await requests.get(info.mapping, info));
      const former = originalConfiguration(info.object);
      if (former === undefined && !flags["create-annotation"]) {
        throw new KubectlError(
          `no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`,
        );
      }
      if (former !== undefined && former.trim() === text.trim()) session.out(`set-last-applied ${info.name}: no changes required.\n`);
      else changes.push({ info, patch });
    });
    for (const { info, patch } of changes) {
      const object =
        dryRun === "client"
          ? (info.object as Unstructured)
          : await requests.patch(info.mapping, info, { type: "merge", body: patch }, { dryRun: dryRun === "server" });
      print(object, "configured");
    }
  },
});

export const editLastApplied: Verb = verb({
  name: "edit-last-applied",
  flags: {
    ...printFlags,
    ...filenameFlags,
    ...recordFlag,
    ...validateFlag,
    ...fieldManagerFlag("kubectl-client-side-apply"),
    "windows-line-endings": bool(),
  },
  run: (call) => editAnnotations(call),
});
