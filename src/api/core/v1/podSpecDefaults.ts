/**
 * What a pod's spec gets where its author said nothing: once for templates, and a little more for pods themselves.
 * Left out: what admission adds (service account, tolerations, priority), which is the API server's.
 * Upstream: pkg/apis/core/v1/defaults.go
 */
import type { Container, PodSpec, PodTemplateSpec } from "../../../schema/shapes/core.v1.ts";
import { setContainerDefaults, setRequestsFromLimits } from "./containerDefaults.ts";
import { setVolumeDefaults } from "./volumeDefaults.ts";

const terminationGracePeriodSeconds = 30;

export function setPodTemplateDefaults(template: PodTemplateSpec): void {
  template.metadata ??= {};
  setPodSpecDefaults(template.spec);
}

/** For pods and templates alike. */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ||= "ClusterFirst";
  spec.restartPolicy ||= "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= terminationGracePeriodSeconds;
  spec.schedulerName ||= "default-scheduler";
  setServiceAccountAlias(spec);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  for (const container of allContainers(spec)) setContainerDefaults(container);
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container);
}

/** For pods only, before what pods and templates share. */
export function setPodOnlyDefaults(spec: PodSpec): void {
  for (const container of allContainers(spec)) setRequestsFromLimits(container);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork !== true) return;
  for (const port of allContainers(spec).flatMap((container) => container.ports ?? [])) port.hostPort ||= port.containerPort;
}

/** `serviceAccount` is the older name of the same field: each fills the other, the newer one wins. */
function setServiceAccountAlias(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
