/** `kubectl rollout undo`. Upstream: kubectl/pkg/cmd/rollout/rollout_undo.go, polymorphichelpers/rollback.go */
import { equalJson } from "../../machinery/patch/jsonValue.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";
import { verb, type Verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { int } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { type LoadedInfo, objectName } from "../resources/info.ts";
import { type PatchKind, Requests } from "../resources/requests.ts";
import { fieldAt, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { controllerHistory, templateOfRevision } from "../writing/controllerRevisions.ts";
import { type DryRun, dryRunFlag, dryRunOf, printFlags, selectorFlag } from "../writing/flags.ts";
import { lastAppliedAnnotation, originalConfiguration } from "../writing/lastApplied.ts";
import { podTemplateText } from "../describing/podTemplateText.ts";
import { deploymentNamed, revisionsOf } from "../writing/replicaSets.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";
import { groupKind } from "./rolloutStatus.ts";
import { requireResources, selectRollouts } from "./rolloutObjects.ts";

export const rolloutUndo: Verb = verb({
  name: "undo",
  flags: { ...printFlags, ...filenameFlags, ...dryRunFlag, ...selectorFlag, "to-revision": int({ bits: 64 }) },
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    const namespace = await session.namespace();
    requireResources(call);
    const selection = await selectRollouts(call, namespace);
    await selection.visit(async (info) => {
      const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
      if (originalConfiguration(info.object) !== undefined) {
        session.err(
          `Warning: resource ${objectName(info)} was previously managed with 'kubectl apply'. Rolling back will not update the ${lastAppliedAnnotation} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n`,
        );
      }
      print(info.object, await rollBack(session, info as LoadedInfo & MappedInfo, { to: flags["to-revision"], dryRun }));
    });
  },
});

interface Wish {
  /** 0: the one before. */
  readonly to: number;
  readonly dryRun: DryRun;
}

async function rollBack(session: Session, info: LoadedInfo & MappedInfo, wish: Wish): Promise<string> {
  const kind = info.object.kind ?? "";
  const isApps = (info.object.apiVersion ?? "").startsWith("apps/");
  if (isApps && kind === "Deployment") return rollBackDeployment(session, info, wish);
  if (isApps && (kind === "DaemonSet" || kind === "StatefulSet")) return rollBackController(session, info, wish);
  throw new KubectlError(`no rollbacker has been implemented for ${goQuote(groupKind(info.object))}`);
}

const notFound = (revision: number): KubectlError => new KubectlError(`unable to find specified revision ${revision} in history`);

/** Annotations that belong to the Deployment, not to what it rolls out. */
const kept = [
  lastAppliedAnnotation,
  "deployment.kubernetes.io/revision",
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.deployment.rollback.to",
];

async function rollBackDeployment(session: Session, info: LoadedInfo & MappedInfo, { to, dryRun }: Wish): Promise<string> {
  if (to < 0) throw notFound(to);
  const { namespace, name } = info;
  let deployment: Unstructured;
  try {
    deployment = await deploymentNamed(session, namespace, name);
  } catch (error) {
    throw new KubectlError(`failed to retrieve Deployment ${name}: ${textOf(error)}`);
  }
  const set = chosenRevision(await revisionsOf(session, deployment), to, name);
  const template = fieldAt(set, "spec", "template") as PodTemplateSpec;
  if (dryRun === "client") return podTemplateText(template);
  if (fieldAt(deployment, "spec", "paused") === true) {
    throw new KubectlError("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again");
  }
  const wanted = withoutHash(template);
  if (equalJson(wanted, withoutHash(fieldAt(deployment, "spec", "template") as PodTemplateSpec))) {
    return `skipped rollback (current template already matches revision ${to})`;
  }
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {})) if (kept.includes(key)) annotations[key] = value;
  for (const [key, value] of Object.entries(set.metadata?.annotations ?? {})) if (!kept.includes(key)) annotations[key] = value;
  const body = [
    { op: "replace", path: "/spec/template", value: wanted },
    { op: "replace", path: "/metadata/annotations", value: annotations },
  ];
  return restore(session, info, { type: "json", body, to, dryRun });
}

function chosenRevision(revisions: ReadonlyMap<number, Unstructured>, to: number, name: string): Unstructured {
  if (to > 0) {
    const found = revisions.get(to);
    if (found === undefined) throw notFound(to);
    return found;
  }
  const [, previous] = [...revisions.keys()].sort((a, b) => b - a);
  const found = previous === undefined ? undefined : revisions.get(previous);
  if (found === undefined) throw new KubectlError(`no rollout history found for deployment ${goQuote(name)}`);
  return found;
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { "pod-template-hash": _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

async function rollBackController(session: Session, info: LoadedInfo & MappedInfo, { to, dryRun }: Wish): Promise<string> {
  if (to < 0) throw notFound(to);
  const history = await controllerHistory(session, info.object);
  const byNumber = history.sort((a, b) => Number(a["revision"] ?? 0) - Number(b["revision"] ?? 0));
  if (to === 0 && byNumber.length <= 1) throw new KubectlError("no last revision to roll back to");
  const chosen = to === 0 ? byNumber.at(-2) : byNumber.find((one) => Number(one["revision"] ?? 0) === to);
  if (chosen === undefined) throw notFound(to);
  const then = fieldAt(templateOfRevision(info.object, chosen), "spec", "template");
  if (dryRun === "client") return `will roll back to ${podTemplateText(then)}`;
  if (equalJson(then, fieldAt(info.object, "spec", "template")))
    return `skipped rollback (current template already matches revision ${to})`;
  return restore(session, info, { type: "strategic", body: chosen["data"], to, dryRun });
}

async function restore(
  session: Session,
  info: MappedInfo,
  { type, body, to, dryRun }: Wish & { readonly type: PatchKind; readonly body: unknown },
): Promise<string> {
  try {
    await new Requests(await session.api()).patch(info.mapping, info, { type, body }, { dryRun: dryRun === "server" });
  } catch (error) {
    throw new KubectlError(`failed restoring revision ${to}: ${textOf(error)}`);
  }
  return "rolled back";
}
