/**
 * Revisions: each template that a Deployment has had is a ReplicaSet with a number, the newest number being the current one. Going back to an old
 * template takes its ReplicaSet up again under a new number; the former ones are kept in an annotation.
 * Upstream: pkg/controller/deployment/{sync.go,util/deployment_util.go}
 */
import { deployment as deploymentKind } from "../../api/apps/v1/deployment.ts";
import { ownerReferenceTo } from "../../machinery/owners.ts";
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import { maxSurgeOf, wantedReplicas } from "./replicas.ts";
import { sameTemplate, templateHash, templateHashLabel } from "./template.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
const maxAnnotation = "deployment.kubernetes.io/max-replicas";

/** Annotations of a Deployment that its ReplicaSets don't take over. */
const notCopied: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);
const maxHistoryLength = 2000;

type Annotations = Readonly<Record<string, string>>;

/** The oldest ReplicaSet with the Deployment's template. */
export function findNewReplicaSet(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(replicaSets).find((replicaSet) => sameTemplate(deployment.spec.template, replicaSet.spec.template));
}

/** Oldest first. */
export function byAge(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...replicaSets].sort(compareAge);
}

export function compareAge(a: ReplicaSet, b: ReplicaSet): number {
  const [createdA, createdB] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (createdA !== createdB) return createdA < createdB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** 0 where there is none or it can't be read. */
export function revisionOf(replicaSet: ReplicaSet): number {
  return wholeNumber(replicaSet.metadata.annotations?.[revisionAnnotation]) ?? 0;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/**
 * The revision that the Deployment itself says it is at. Counts where the history's last ReplicaSet has been cleaned up; not before the controller has
 * seen the Deployment, when the annotation may have been copied from elsewhere.
 */
function ownRevision(deployment: Deployment): number {
  if ((deployment.status?.observedGeneration ?? 0) === 0) return 0;
  return wholeNumber(deployment.metadata.annotations?.[revisionAnnotation]) ?? 0;
}

/** The number of replicas that the Deployment asked for when this ReplicaSet was last scaled. */
export function desiredReplicas(replicaSet: ReplicaSet): number | undefined {
  return wholeNumber(replicaSet.metadata.annotations?.[desiredAnnotation]);
}

/** That, with the surge of that time. */
export function maxReplicas(replicaSet: ReplicaSet): number | undefined {
  return wholeNumber(replicaSet.metadata.annotations?.[maxAnnotation]);
}

/** The annotations with which a ReplicaSet remembers what it was scaled for. */
export function scaleAnnotations(deployment: Deployment): Annotations {
  const replicas = wantedReplicas(deployment);
  return { [desiredAnnotation]: String(replicas), [maxAnnotation]: String(replicas + maxSurgeOf(deployment)) };
}

/** The annotations that the current ReplicaSet should have: the Deployment's, and the newest revision. */
export function currentAnnotations(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Annotations {
  const former = current.metadata.annotations ?? {};
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const annotations: Record<string, string> = { ...former, ...Object.fromEntries(copied) };
  const formerText = former[revisionAnnotation];
  const formerRevision = formerText === undefined || formerText === "" ? 0 : wholeNumber(formerText);
  const revision = nextRevision(old);
  // An unreadable number is somebody else's: left as it is.
  if (formerRevision === undefined || formerRevision >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (formerText !== undefined) annotations[historyAnnotation] = withFormer(former[historyAnnotation] ?? "", formerText);
  return annotations;
}

/** The list with one more number, the oldest dropped where it grows too long. */
function withFormer(history: string, revision: string): string {
  const numbers = history === "" ? [] : history.split(",");
  const kept = [...numbers, revision];
  while (kept.length > 1 && kept.join(",").length > maxHistoryLength) kept.shift();
  return kept.join(",");
}

export function sameAnnotations(a: Annotations, b: Annotations): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** The ReplicaSet for a template that has none yet, with no replicas. Its name follows from the template, so it can't be made twice. */
export function newReplicaSetFor(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [templateHashLabel]: hash };
  const bare: ReplicaSet = {
    metadata: {
      name: nameFor(deployment.metadata.name, hash),
      namespace: deployment.metadata.namespace,
      labels,
      ownerReferences: [ownerReferenceTo(deploymentKind, deployment)],
    },
    spec: {
      replicas: 0,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [templateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  const revision = Math.max(nextRevision(old), ownRevision(deployment) + 1);
  const annotations = {
    ...currentAnnotations(deployment, bare, old),
    ...scaleAnnotations(deployment),
    [revisionAnnotation]: String(revision),
  };
  return { ...bare, metadata: { ...bare.metadata, annotations } };
}

/** `web-7d4b9c6f5`, the first part cut where a name would grow too long. */
function nameFor(deploymentName: string, hash: string): string {
  const maxLength = 253;
  const room = maxLength - hash.length - 1;
  return `${deploymentName.slice(0, room)}-${hash}`;
}
