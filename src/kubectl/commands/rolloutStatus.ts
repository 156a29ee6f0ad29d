/** `kubectl rollout status`. Upstream: kubectl/pkg/cmd/rollout/rollout_status.go, polymorphichelpers/rollout_status.go */
import { goQuote } from "../../schema/scalars/goText.ts";
import type { DaemonSet, Deployment, StatefulSet } from "../../schema/shapes/apps.v1.ts";
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, duration, int } from "../flags.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { selectorFlag } from "../writing/flags.ts";
import { hasFiles } from "../writing/selecting.ts";
import { deadlineIn, type MappedInfo, untilEvent } from "../writing/waiting.ts";

export interface RolloutState {
  /** A line for the user, with its line break. */
  readonly text: string;
  readonly done: boolean;
}

/** How far a rollout is. Throws KubectlError for one that failed, and for kinds that have none. */
export function rolloutState(object: Unstructured, revision: number): RolloutState {
  const { apiVersion = "", kind = "" } = object;
  const known = apiVersion.startsWith("apps/");
  if (known && kind === "Deployment") return deploymentState(object as unknown as Deployment, revision);
  if (known && kind === "DaemonSet") return daemonSetState(object as unknown as DaemonSet);
  if (known && kind === "StatefulSet") return statefulSetState(object as unknown as StatefulSet);
  throw new KubectlError(`no status viewer has been implemented for ${groupKind(object)}`);
}

/** `Deployment.apps`, as Go prints a GroupKind. */
export function groupKind({ apiVersion = "", kind = "" }: Unstructured): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? kind : `${kind}.${apiVersion.slice(0, slash)}`;
}

const revisionAnnotation = "deployment.kubernetes.io/revision";

function deploymentState({ metadata, spec, status = {} }: Deployment, revision: number): RolloutState {
  const name = goQuote(metadata?.name ?? "");
  if (revision > 0) {
    const running = Number(metadata?.annotations?.[revisionAnnotation] ?? 0);
    if (running !== revision) {
      throw new KubectlError(`desired revision (${revision}) is different from the running revision (${running})`);
    }
  }
  if ((metadata?.generation ?? 0) > (status.observedGeneration ?? 0))
    return waiting("Waiting for deployment spec update to be observed...");
  const progressing = status.conditions?.find(({ type }) => type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") throw new KubectlError(`deployment ${name} exceeded its progress deadline`);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const wanted = spec?.replicas ?? undefined;
  const head = `Waiting for deployment ${name} rollout to finish:`;
  if (wanted !== undefined && updatedReplicas < wanted)
    return waiting(`${head} ${updatedReplicas} out of ${wanted} new replicas have been updated...`);
  if (replicas > updatedReplicas) return waiting(`${head} ${replicas - updatedReplicas} old replicas are pending termination...`);
  if (availableReplicas < updatedReplicas)
    return waiting(`${head} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`);
  return { text: `deployment ${name} successfully rolled out\n`, done: true };
}

const waiting = (text: string): RolloutState => ({ text: `${text}\n`, done: false });

function onlyRolling(type: string | undefined): void {
  if (type !== "RollingUpdate") throw new KubectlError("rollout status is only available for RollingUpdate strategy type");
}

function daemonSetState({ metadata, spec, status }: DaemonSet): RolloutState {
  onlyRolling(spec?.updateStrategy?.type);
  const name = goQuote(metadata?.name ?? "");
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0))
    return waiting("Waiting for daemon set spec update to be observed...");
  const { updatedNumberScheduled: updated = 0, desiredNumberScheduled: desired = 0, numberAvailable: available = 0 } = status ?? {};
  const head = `Waiting for daemon set ${name} rollout to finish:`;
  if (updated < desired) return waiting(`${head} ${updated} out of ${desired} new pods have been updated...`);
  if (available < desired) return waiting(`${head} ${available} of ${desired} updated pods are available...`);
  return { text: `daemon set ${name} successfully rolled out\n`, done: true };
}

function statefulSetState({ metadata, spec, status }: StatefulSet): RolloutState {
  onlyRolling(spec?.updateStrategy?.type);
  const observed = status?.observedGeneration ?? 0;
  if (observed === 0 || (metadata?.generation ?? 0) > observed) return waiting("Waiting for statefulset spec update to be observed...");
  const {
    readyReplicas: ready = 0,
    updatedReplicas: updated = 0,
    currentReplicas: current = 0,
    updateRevision = "",
    currentRevision = "",
  } = status ?? {};
  const wanted = spec?.replicas ?? undefined;
  if (wanted !== undefined && ready < wanted) return waiting(`Waiting for ${wanted - ready} pods to be ready...`);
  const rolling = spec?.updateStrategy?.rollingUpdate;
  if (rolling !== undefined && rolling !== null) {
    const partition = rolling.partition ?? undefined;
    if (wanted !== undefined && partition !== undefined && updated < wanted - partition) {
      return waiting(`Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...`);
    }
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  if (updateRevision !== currentRevision) {
    return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}...`);
  }
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
    if (call.args.length === 0 && !hasFiles(flags)) throw new KubectlError("required resource not specified");
    if (flags.revision < 0) throw new KubectlError(`revision must be a positive integer: ${flags.revision}`);
    const selection = await select(session, {
      args: call.args,
      allowEmptySelector: true,
      files: filenamesOf(flags),
      namespace: namespace.name,
      enforceNamespace: namespace.explicit,
      labelSelector: flags.selector,
      continueOnError: true,
      latest: true,
      flatten: true,
    });
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
