/** Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers. Upstream: kubectl/pkg/describe/describe.go */
import { intOrStringText } from "../../machinery/intOrString.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { selectorOf } from "../../machinery/selectors.ts";
import { parseTime } from "../../machinery/time.ts";
import type {
  DaemonSet,
  DaemonSetStatus,
  Deployment,
  DeploymentSpec,
  DeploymentStatus,
  ReplicaSet,
  StatefulSet,
  StatefulSetUpdateStrategy,
} from "../../schema/shapes/apps.v1.ts";
import type { PersistentVolumeClaim, PodTemplateSpec, ReplicationController } from "../../schema/shapes/core.v1.ts";
import { textOf } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { storageClassOf } from "./claimParts.ts";
import { type Describing, kindAt, listAll, podPhases } from "./lookups.ts";
import type { Page } from "./page.ts";
import { labelsText, listText, localTime, putController, putLabels, putMarks, putPlace, quantityText, selectorText } from "./parts.ts";
import { putPodTemplate } from "./podParts.ts";

const replicaSets = kindAt("apps/v1", "ReplicaSet", "replicasets");

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
}

function putConditions(page: Page, conditions: readonly Condition[] | undefined): void {
  if (conditions === undefined || conditions.length === 0) return;
  page.line(0, "Conditions:\n  Type\tStatus\tReason");
  page.row(1, "----", "------", "------");
  for (const { type, status, reason = "" } of conditions) page.row(1, `${type} `, status, reason);
}

export async function describeDeployment(deployment: Deployment, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = deployment;
  putPlace(page, metadata);
  page.field(0, "CreationTimestamp", localTime(metadata.creationTimestamp));
  putMarks(page, metadata);
  page.field(0, "Selector", selectorOf(spec?.selector).toString());
  page.field(0, "Replicas", deploymentReplicas(spec?.replicas, status));
  putStrategy(page, spec);
  putPodTemplate(page, spec?.template);
  putConditions(page, status?.conditions);
  await putRevisions(page, deployment, describing);
}

function deploymentReplicas(desired = 0, status: DeploymentStatus = {}): string {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status;
  const available = `${availableReplicas} available | ${unavailableReplicas} unavailable`;
  return `${desired} desired | ${updatedReplicas} updated | ${replicas} total | ${available}`;
}

function putStrategy(page: Page, spec: DeploymentSpec | undefined): void {
  page.field(0, "StrategyType", spec?.strategy?.type);
  page.field(0, "MinReadySeconds", spec?.minReadySeconds ?? 0);
  const rolling = spec?.strategy?.rollingUpdate;
  if (rolling === undefined) return;
  page.field(
    0,
    "RollingUpdateStrategy",
    `${amountText(rolling.maxUnavailable)} max unavailable, ${amountText(rolling.maxSurge)} max surge`,
  );
}

function amountText(value: number | string | undefined): string {
  return value === undefined ? "<nil>" : intOrStringText(value);
}

/** Left out where ReplicaSets can't be read. */
async function putRevisions(page: Page, deployment: Deployment, describing: Describing): Promise<void> {
  let found: ReplicaSet[];
  try {
    const labelSelector = selectorOf(deployment.spec?.selector).toString();
    found = await listAll<ReplicaSet>(describing, replicaSets, deployment.metadata.namespace ?? "", { labelSelector });
  } catch {
    return;
  }
  const own = found.filter((one) => controllerOf(one)?.uid === deployment.metadata.uid);
  if (own.length === 0) return;
  const wanted = templateText(deployment.spec?.template);
  const byAge = [...own].sort((a, b) => createdAt(a) - createdAt(b) || (nameIn(a) < nameIn(b) ? -1 : 1));
  const current = byAge.find((one) => templateText(one.spec?.template) === wanted);
  page.field(0, "OldReplicaSets", replicaSetsText(own.filter((one) => one !== current)));
  page.field(0, "NewReplicaSet", replicaSetsText(current === undefined ? [] : [current]));
}

function createdAt({ metadata }: ReplicaSet): number {
  return parseTime(metadata.creationTimestamp ?? "") ?? 0;
}

function nameIn({ metadata }: ReplicaSet): string {
  return metadata.name;
}

/** Comparable: the same but for the hash that the controller adds. */
function templateText(template: PodTemplateSpec | undefined): string {
  const copy = structuredClone(template ?? {}) as PodTemplateSpec;
  delete copy.metadata?.labels?.["pod-template-hash"];
  return JSON.stringify(sortedDeep(copy));
}

function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedDeep(inner)]));
}

function replicaSetsText(sets: readonly ReplicaSet[]): string {
  return sets.map(replicaSetText).join(", ") || "<none>";
}

function replicaSetText(set: ReplicaSet): string {
  return `${nameIn(set)} (${set.status?.replicas ?? 0}/${set.spec?.replicas ?? 0} replicas created)`;
}

export async function describeReplicaSet(set: ReplicaSet, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = set;
  putPlace(page, metadata);
  page.field(0, "Selector", selectorText(spec?.selector));
  putMarks(page, metadata);
  putController(page, metadata);
  page.field(0, "Replicas", `${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`);
  let phases: string;
  try {
    phases = await podPhases(describing, set as unknown as Unstructured, { labels: spec?.selector ?? {} });
  } catch (error) {
    phases = `error in fetching pods: ${textOf(error)}`;
  }
  page.field(0, "Pods Status", phases);
  putPodTemplate(page, spec?.template);
  putConditions(page, status?.conditions);
}

export async function describeReplicationController(controller: ReplicationController, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = controller;
  const selector = labelsText(spec?.selector);
  putPlace(page, metadata);
  page.field(0, "Selector", selector);
  putMarks(page, metadata);
  page.field(0, "Replicas", `${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`);
  const text = selector === "<none>" ? "" : selector;
  page.field(0, "Pods Status", await podPhases(describing, controller as unknown as Unstructured, { text }));
  putPodTemplate(page, spec?.template);
  putConditions(page, status?.conditions);
}

export async function describeStatefulSet(set: StatefulSet, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = set;
  putPlace(page, metadata);
  page.field(0, "CreationTimestamp", localTime(metadata.creationTimestamp));
  page.field(0, "Selector", selectorOf(spec?.selector).toString());
  putMarks(page, metadata);
  page.field(0, "Replicas", `${spec?.replicas ?? 0} desired | ${status?.replicas ?? 0} total`);
  putUpdateStrategy(page, spec?.updateStrategy);
  page.field(0, "Pods Status", await podPhases(describing, set as unknown as Unstructured, { labels: spec?.selector ?? {} }));
  putPodTemplate(page, spec?.template);
  putClaimTemplates(page, spec?.volumeClaimTemplates ?? []);
}

function putUpdateStrategy(page: Page, { type, rollingUpdate }: StatefulSetUpdateStrategy = {}): void {
  page.field(0, "Update Strategy", type);
  if (rollingUpdate?.partition === undefined) return;
  const { partition, maxUnavailable } = rollingUpdate;
  page.field(1, "Partition", partition);
  if (maxUnavailable !== undefined) page.field(1, "MaxUnavailable", intOrStringText(maxUnavailable));
}

function putClaimTemplates(page: Page, templates: readonly PersistentVolumeClaim[]): void {
  if (templates.length === 0) return page.field(0, "Volume Claims", "<none>");
  page.line(0, "Volume Claims:");
  for (const claim of templates) {
    const { metadata, spec } = claim;
    const storage = spec?.resources?.requests?.["storage"];
    page.field(1, "Name", metadata.name);
    page.field(1, "StorageClass", storageClassOf(claim));
    putLabels(page, "Labels", metadata.labels, "  ");
    putLabels(page, "Annotations", metadata.annotations, "  ");
    page.field(1, "Capacity", storage === undefined ? "<default>" : quantityText(storage));
    page.field(1, "Access Modes", listText(spec?.accessModes));
  }
  return undefined;
}

export async function describeDaemonSet(set: DaemonSet, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = set;
  const phases = await podPhases(describing, set as unknown as Unstructured, { labels: spec?.selector ?? {} });
  putPlace(page, metadata);
  page.field(0, "Selector", selectorOf(spec?.selector).toString());
  page.field(0, "Node-Selector", labelsText(spec?.template?.spec?.nodeSelector));
  putMarks(page, metadata);
  putNodeCounts(page, status);
  page.field(0, "Pods Status", phases);
  putPodTemplate(page, spec?.template);
}

function putNodeCounts(page: Page, status: Partial<DaemonSetStatus> = {}): void {
  page.line(0, `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
  page.line(0, `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
  page.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`);
  page.line(0, `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
  page.line(0, `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
}
