/** `kubectl rollout`: its room, and pause, resume and restart. Upstream: kubectl/pkg/cmd/rollout, polymorphichelpers/object{pauser,resumer,restarter}.go */
import { rfc3339 } from "../../machinery/time.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";
import { type Call, verb, type Verb, verbGroup } from "../command.ts";
import { Failures, KubectlError, textOf } from "../errors.ts";
import { filenameFlags } from "../resources/files.ts";
import { refresh } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { changesOf } from "../writing/change.ts";
import { collectInfos } from "../writing/collecting.ts";
import { fieldManagerFlag, printFlags, selectorFlag } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";
import { rolloutHistory } from "./rolloutHistory.ts";
import { rolloutStatus } from "./rolloutStatus.ts";
import { rolloutUndo } from "./rolloutUndo.ts";
import { requireResources, selectRollouts } from "./rolloutObjects.ts";

const flagTable = { ...printFlags, ...filenameFlags, ...selectorFlag, ...fieldManagerFlag("kubectl-rollout") };

interface Steering {
  readonly operation: string;
  /** Changes the object; throws why it can't. */
  readonly edit: (object: Unstructured) => void;
  /** What is said when that changes nothing. */
  readonly unchanged: (name: string) => string | undefined;
}

async function steer(call: Call<typeof flagTable>, { operation, edit, unchanged }: Steering): Promise<void> {
  const { flags, session } = call;
  const namespace = await session.namespace();
  requireResources(call);
  const selection = await selectRollouts(call, namespace);
  const { infos, problem } = await collectInfos(selection);
  const problems: unknown[] = problem === undefined ? [] : [problem];
  const changes = changesOf(infos, edit);
  if (changes.length === 0 && problems.length === 0) session.err(`No resources found in ${namespace.name} namespace.\n`);
  const print = await resultPrinter(session, flags, { form: "typed" });
  const requests = new Requests(await session.api());
  for (const { info: loaded, patch, problem: refused } of changes) {
    const info = loaded as typeof loaded & MappedInfo;
    const { plural, group } = info.mapping;
    if (refused !== undefined) {
      problems.push(new KubectlError(`error: ${group === "" ? plural : `${plural}.${group}`} ${goQuote(info.name)} ${textOf(refused)}`));
      continue;
    }
    if (Object.keys(patch).length === 0) {
      const told = unchanged(info.name);
      if (told === undefined) print(info.object, operation);
      else problems.push(new KubectlError(told));
      continue;
    }
    try {
      refresh(info, await requests.patch(info.mapping, info, { type: "strategic", body: patch }, { fieldManager: flags["field-manager"] }));
      print(info.object, operation);
    } catch (error) {
      problems.push(new KubectlError(`failed to patch: ${textOf(error)}`));
    }
  }
  if (problems.length > 0) throw new Failures(problems);
}

function isOfApps({ apiVersion = "", kind = "" }: Unstructured, kinds: readonly string[]): boolean {
  return apiVersion.startsWith("apps/") && kinds.includes(kind);
}

type Spec = { paused?: boolean; template?: PodTemplateSpec };

const pause: Verb = verb({
  name: "pause",
  flags: flagTable,
  run: (call) =>
    steer(call, {
      operation: "paused",
      unchanged: () => undefined,
      edit(object) {
        if (!isOfApps(object, ["Deployment"])) throw new KubectlError("pausing is not supported");
        const spec = object["spec"] as Spec;
        if (spec.paused === true) throw new KubectlError("is already paused");
        spec.paused = true;
      },
    }),
});

const resume: Verb = verb({
  name: "resume",
  flags: flagTable,
  run: (call) =>
    steer(call, {
      operation: "resumed",
      unchanged: () => undefined,
      edit(object) {
        if (!isOfApps(object, ["Deployment"])) throw new KubectlError("resuming is not supported");
        const spec = object["spec"] as Spec;
        if (spec.paused !== true) throw new KubectlError("is not paused");
        delete spec.paused;
      },
    }),
});

const restart: Verb = verb({
  name: "restart",
  flags: flagTable,
  run: (call) =>
    steer(call, {
      operation: "restarted",
      unchanged: (name) =>
        `failed to create patch for ${name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
      edit(object) {
        if (!isOfApps(object, ["Deployment", "DaemonSet", "StatefulSet"])) throw new KubectlError("restarting is not supported");
        const spec = object["spec"] as Spec;
        if (object.kind === "Deployment" && spec.paused === true) {
          throw new KubectlError("can't restart paused deployment (run rollout resume first)");
        }
        const template = (spec.template ??= {} as PodTemplateSpec);
        const metadata = (template.metadata ??= {} as NonNullable<PodTemplateSpec["metadata"]>);
        metadata.annotations = { ...metadata.annotations, "kubectl.kubernetes.io/restartedAt": rfc3339(call.session.host.clock.now()) };
      },
    }),
});

export const rollout: Verb = verbGroup("rollout", [rolloutHistory, pause, resume, rolloutUndo, rolloutStatus, restart]);
