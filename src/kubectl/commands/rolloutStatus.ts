/** `kubectl rollout status`. Upstream: kubectl/pkg/cmd/rollout/rollout_status.go, polymorphichelpers/rollout_status.go */
import { goQuote } from "../../schema/scalars/goText.ts";
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, duration, int } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import { fieldAt, nameOf, textAt, type Unstructured } from "../resources/unstructured.ts";
import { selectorFlag } from "../writing/flags.ts";
import { deadlineIn, type MappedInfo, untilEvent } from "../writing/waiting.ts";
import { requireResources, selectRollouts } from "./rolloutObjects.ts";

export interface RolloutState {
  /** A line for the user, with its line break. */
  readonly text: string;
  readonly done: boolean;
}

/** How far a rollout is. Throws KubectlError for one that failed, and for kinds that have none. */
export function rolloutState(object: Unstructured, revision: number): RolloutState {
  const { apiVersion = "", kind = "" } = object;
  const known = apiVersion.startsWith("apps/");
  if (known && kind === "Deployment") return deploymentState(object, revision);
  if (known && kind === "DaemonSet") return daemonSetState(object);
  if (known && kind === "StatefulSet") return statefulSetState(object);
  throw new KubectlError(`no status viewer has been implemented for ${groupKind(object)}`);
}

/** `Deployment.apps`, as Go prints a GroupKind. */
export function groupKind({ apiVersion = "", kind = "" }: Unstructured): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? kind : `${kind}.${apiVersion.slice(0, slash)}`;
}

const revisionAnnotation = "deployment.kubernetes.io/revision";

/** A number of the object, 0 where it isn't set. */
function count(object: Unstructured, part: "metadata" | "status", field: string): number {
  const found = fieldAt(object, part, field);
  return typeof found === "number" ? found : 0;
}

function isObserved(object: Unstructured): boolean {
  return count(object, "metadata", "generation") <= count(object, "status", "observedGeneration");
}

function wantedReplicas(object: Unstructured): number | undefined {
  return fieldAt(object, "spec", "replicas") as number | undefined;
}

function deploymentState(object: Unstructured, revision: number): RolloutState {
  const name = goQuote(nameOf(object));
  if (revision > 0) requireRevision(object, revision);
  if (!isObserved(object)) return waiting("Waiting for deployment spec update to be observed...");
  const conditions = (fieldAt(object, "status", "conditions") ?? []) as readonly { type: string; reason?: string }[];
  if (conditions.some(({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded")) {
    throw new KubectlError(`deployment ${name} exceeded its progress deadline`);
  }
  const updated = count(object, "status", "updatedReplicas");
  const replicas = count(object, "status", "replicas");
  const available = count(object, "status", "availableReplicas");
  const wanted = wantedReplicas(object);
  const head = `Waiting for deployment ${name} rollout to finish:`;
  if (wanted !== undefined && updated < wanted) return waiting(`${head} ${updated} out of ${wanted} new replicas have been updated...`);
  if (replicas > updated) return waiting(`${head} ${replicas - updated} old replicas are pending termination...`);
  if (available < updated) return waiting(`${head} ${available} of ${updated} updated replicas are available...`);
  return { text: `deployment ${name} successfully rolled out\n`, done: true };
}

function requireRevision({ metadata }: Unstructured, revision: number): void {
  const running = Number(metadata?.annotations?.[revisionAnnotation] ?? 0);
  if (running === revision) return;
  throw new KubectlError(`desired revision (${revision}) is different from the running revision (${running})`);
}

const waiting = (text: string): RolloutState => ({ text: `${text}\n`, done: false });

function onlyRolling(object: Unstructured): void {
  if (fieldAt(object, "spec", "updateStrategy", "type") === "RollingUpdate") return;
  throw new KubectlError("rollout status is only available for RollingUpdate strategy type");
}

function daemonSetState(object: Unstructured): RolloutState {
  onlyRolling(object);
  const name = goQuote(nameOf(object));
  if (!isObserved(object)) return waiting("Waiting for daemon set spec update to be observed...");
  const updated = count(object, "status", "updatedNumberScheduled");
  const desired = count(object, "status", "desiredNumberScheduled");
  const available = count(object, "status", "numberAvailable");
  const head = `Waiting for daemon set ${name} rollout to finish:`;
  if (updated < desired) return waiting(`${head} ${updated} out of ${desired} new pods have been updated...`);
  if (available < desired) return waiting(`${head} ${available} of ${desired} updated pods are available...`);
  return { text: `daemon set ${name} successfully rolled out\n`, done: true };
}

function statefulSetState(object: Unstructured): RolloutState {
  onlyRolling(object);
  if (count(object, "status", "observedGeneration") === 0 || !isObserved(object)) {
    return waiting("Waiting for statefulset spec update to be observed...");
  }
  const wanted = wantedReplicas(object);
  const ready = count(object, "status", "readyReplicas");
  const updated = count(object, "status", "updatedReplicas");
  if (wanted !== undefined && ready < wanted) return waiting(`Waiting for ${wanted - ready} pods to be ready...`);
  const rolling = fieldAt(object, "spec", "updateStrategy", "rollingUpdate") as { partition?: number } | undefined;
  if (rolling !== undefined) {
    const due = wanted === undefined || rolling.partition === undefined ? 0 : wanted - rolling.partition;
    if (updated < due) return waiting(`Waiting for partitioned roll out to finish: ${updated} out of ${due} new pods have been updated...`);
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  const updateRevision = textAt(object, "status", "updateRevision");
  const currentRevision = textAt(object, "status", "currentRevision");
  if (updateRevision !== currentRevision) {
    return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}...`);
  }
  const current = count(object, "status", "currentReplicas");
  return { text: `statefulset rolling update complete ${current} pods at revision ${currentRevision}...\n`, done: true };
}

export const rolloutStatus: Verb = verb({
  name: "status",
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    revision: int({ bits: 64 }),
    timeout: duration(),
    watch: bool({ short: "w", initial: true }),
  },
  async run(call) {
    const { flags, session } = call;
    const namespace = await session.namespace();
    requireResources(call);
    if (flags.revision < 0) throw new KubectlError(`revision must be a positive integer: ${flags.revision}`);
    const selection = await selectRollouts(call, namespace);
    let found = false;
    await selection.visit(async (info) => {
      found = true;
      const deadline = flags.timeout === 0 ? Number.POSITIVE_INFINITY : deadlineIn(session, flags.timeout);
      await untilEvent(
        session,
        info as typeof info & MappedInfo,
        ({ type, object }) => {
          if (type === "DELETED") throw new KubectlError("object has been deleted");
          const { text, done } = rolloutState(object, flags.revision);
          session.out(text);
          return done || !flags.watch;
        },
        { deadline },
      );
    });
    if (!found) session.err(`No resources found in ${namespace.name} namespace.\n`);
  },
});
