/** `kubectl rollout history`. Upstream: kubectl/pkg/cmd/rollout/rollout_history.go, polymorphichelpers/history.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { int } from "../flags.ts";
import { describeColumns, TabWriter } from "../printers/tabWriter.ts";
import { filenameFlags } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { groupVersionOf } from "../resources/selection.ts";
import { fieldAt, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { controllerHistory, templateOfRevision } from "../writing/controllerRevisions.ts";
import { printFlags, selectorFlag } from "../writing/flags.ts";
import { podTemplateText } from "../describing/podTemplateText.ts";
import { changeCauseAnnotation } from "../writing/recorder.ts";
import { deploymentNamed, revisionsOf } from "../writing/replicaSets.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { groupKind } from "./rolloutStatus.ts";
import { requireResources, selectRollouts } from "./rolloutObjects.ts";

interface Revision {
  readonly cause: string;
  /** What -o prints: the ReplicaSet, or the object as it was. */
  readonly object: Unstructured;
  readonly template: unknown;
}

export const rolloutHistory: Verb = verb({
  name: "history",
  flags: { ...printFlags, ...filenameFlags, ...selectorFlag, revision: int({ bits: 64 }) },
  async run(call) {
    const { flags, session } = call;
    const namespace = await session.namespace();
    requireResources(call);
    if (flags.revision < 0) throw new KubectlError(`revision must be a positive integer: ${flags.revision}`);
    const selection = await selectRollouts(call, namespace);
    await selection.visit(async (info) => {
      const print = await resultPrinter(session, flags, { form: "typed" });
      const history = await historyOf(session, info);
      const revisions = [...history.keys()].sort((a, b) => a - b);
      if (call.changed("output")) {
        if (flags.revision > 0 && !history.has(flags.revision)) throw new KubectlError("unable to find the specified revision");
        for (const one of flags.revision > 0 ? [flags.revision] : revisions) print((history.get(one) as Revision).object, "");
        return;
      }
      const text = historyText(history, revisions, flags.revision);
      const with_ = flags.revision > 0 ? `with revision #${flags.revision}` : "";
      print(info.object, `${with_}\n${text}`);
    });
  },
});

function historyText(history: ReadonlyMap<number, Revision>, revisions: readonly number[], wanted: number): string {
  if (history.size === 0) return "No rollout history found.";
  if (wanted > 0) {
    const revision = history.get(wanted);
    if (revision === undefined) throw new KubectlError("unable to find the specified revision");
    return podTemplateText(revision.template);
  }
  const table = new TabWriter(describeColumns);
  table.write("REVISION\tCHANGE-CAUSE\n");
  for (const one of revisions) table.write(`${one}\t${history.get(one)?.cause || "<none>"}\n`);
  return table.flush();
}

async function historyOf(session: Session, { object, namespace, name }: LoadedInfo): Promise<Map<number, Revision>> {
  const kind = (object.apiVersion ?? "").startsWith("apps/") ? object.kind : undefined;
  if (kind !== "Deployment" && kind !== "DaemonSet" && kind !== "StatefulSet") {
    throw new KubectlError(withoutHistory(object));
  }
  const out = new Map<number, Revision>();
  if (kind === "Deployment") {
    for (const [number, set] of await revisionsOf(session, await deploymentOrRefusal(session, namespace, name))) {
      const cause = causeOf(set);
      out.set(number, { cause, object: set, template: withCause(fieldAt(set, "spec", "template") as PodTemplateSpec, cause) });
    }
  } else {
    for (const revision of await controllerHistory(session, object)) {
      const then = templateOfRevision(object, revision);
      const number = Number(revision["revision"] ?? 0);
      out.set(number, { cause: causeOf(revision), object: then, template: fieldAt(then, "spec", "template") });
    }
  }
  return out;
}

/** Kinds of workloads that have no revisions are refused in other words than all others. */
const knownWorkloads = new Set(["Job.batch", "CronJob.batch", "Pod", "ReplicaSet.apps", "ReplicationController"]);

function withoutHistory(object: Unstructured): string {
  const named = groupKind(object);
  if (knownWorkloads.has(named)) return `no history viewer has been implemented for ${goQuote(named)}`;
  const [group] = groupVersionOf(object.apiVersion ?? "");
  return `error retrieving history for ${goQuote(named)}, no visitor method exists for {${group} ${object.kind ?? ""}}`;
}

function causeOf({ metadata }: Unstructured): string {
  return metadata?.annotations?.[changeCauseAnnotation] ?? "";
}

/** A Deployment's revisions show their cause among the template's annotations. */
function withCause(template: PodTemplateSpec, cause: string): PodTemplateSpec {
  if (cause === "") return template;
  const annotations = { ...template.metadata?.annotations, [changeCauseAnnotation]: cause };
  return { ...template, metadata: { ...template.metadata, annotations } };
}

async function deploymentOrRefusal(session: Session, namespace: string, name: string): Promise<Unstructured> {
  try {
    return await deploymentNamed(session, namespace, name);
  } catch (error) {
    throw new KubectlError(`failed to retrieve deployment ${name}: ${textOf(error)}`);
  }
}
