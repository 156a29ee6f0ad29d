/**
 * Every kind that is stored, in the order that discovery lists them. A new kind is one import, one line.
 * Left out: what is answered and never stored (reviews, Scale, Binding, Eviction), which the API server knows by itself.
 */
import type { Kind } from "../machinery/kind.ts";
import { mutatingWebhookConfiguration } from "./admissionregistration/v1/mutatingWebhookConfiguration.ts";
import { validatingWebhookConfiguration } from "./admissionregistration/v1/validatingWebhookConfiguration.ts";
import { controllerRevision } from "./apps/v1/controllerRevision.ts";
import { daemonSet } from "./apps/v1/daemonSet.ts";
import { deployment } from "./apps/v1/deployment.ts";
import { replicaSet } from "./apps/v1/replicaSet.ts";
import { statefulSet } from "./apps/v1/statefulSet.ts";
import { horizontalPodAutoscaler as horizontalPodAutoscalerV1 } from "./autoscaling/v1/horizontalPodAutoscaler.ts";
import { horizontalPodAutoscaler } from "./autoscaling/v2/horizontalPodAutoscaler.ts";
import { cronJob } from "./batch/v1/cronJob.ts";
import { job } from "./batch/v1/job.ts";
import { certificateSigningRequest } from "./certificates/v1/certificateSigningRequest.ts";
import { lease } from "./coordination/v1/lease.ts";
import { configMap } from "./core/v1/configMap.ts";
import { endpoints } from "./core/v1/endpoints.ts";
import { event } from "./core/v1/event.ts";
import { limitRange } from "./core/v1/limitRange.ts";
import { namespace } from "./core/v1/namespace.ts";
import { node } from "./core/v1/node.ts";
import { persistentVolume } from "./core/v1/persistentVolume.ts";
import { persistentVolumeClaim } from "./core/v1/persistentVolumeClaim.ts";
import { pod } from "./core/v1/pod.ts";
import { podTemplate } from "./core/v1/podTemplate.ts";
import { replicationController } from "./core/v1/replicationController.ts";
import { resourceQuota } from "./core/v1/resourceQuota.ts";
import { secret } from "./core/v1/secret.ts";
import { service } from "./core/v1/service.ts";
import { serviceAccount } from "./core/v1/serviceAccount.ts";
import { endpointSlice } from "./discovery/v1/endpointSlice.ts";
import { event as eventsEvent } from "./events/v1/event.ts";
import { ingress } from "./networking/v1/ingress.ts";
import { ingressClass } from "./networking/v1/ingressClass.ts";
import { networkPolicy } from "./networking/v1/networkPolicy.ts";
import { runtimeClass } from "./node/v1/runtimeClass.ts";
import { podDisruptionBudget } from "./policy/v1/podDisruptionBudget.ts";
import { clusterRole } from "./rbac/v1/clusterRole.ts";
import { clusterRoleBinding } from "./rbac/v1/clusterRoleBinding.ts";
import { role } from "./rbac/v1/role.ts";
import { roleBinding } from "./rbac/v1/roleBinding.ts";
import { priorityClass } from "./scheduling/v1/priorityClass.ts";
import { csiDriver } from "./storage/v1/csiDriver.ts";
import { csiNode } from "./storage/v1/csiNode.ts";
import { csiStorageCapacity } from "./storage/v1/csiStorageCapacity.ts";
import { storageClass } from "./storage/v1/storageClass.ts";
import { volumeAttachment } from "./storage/v1/volumeAttachment.ts";
import { volumeAttributesClass } from "./storage/v1/volumeAttributesClass.ts";

export const kinds: readonly Kind[] = [
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolumeClaim,
  persistentVolume,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  serviceAccount,
  service,
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  cronJob,
  job,
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  ingress,
  ingressClass,
  networkPolicy,
  podDisruptionBudget,
  role,
  roleBinding,
  clusterRole,
  clusterRoleBinding,
  storageClass,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  volumeAttachment,
  volumeAttributesClass,
  priorityClass,
  runtimeClass,
  certificateSigningRequest,
  lease,
  endpointSlice,
  eventsEvent,
  validatingWebhookConfiguration,
  mutatingWebhookConfiguration,
];

const byResource: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [resourceKey(kind.group, kind.version, kind.plural), kind]));
const byName: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [resourceKey(kind.group, kind.version, kind.kind), kind]));

function resourceKey(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}

/** By the plural of its resource, as a URL names it. */
export function kindFor(group: string, version: string, plural: string): Kind | undefined {
  return byResource.get(resourceKey(group, version, plural));
}

/** By the `apiVersion` and `kind` that an object carries. */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return byName.get(resourceKey(group, apiVersion.slice(slash + 1), kind));
}
