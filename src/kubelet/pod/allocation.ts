/**
 * What a pod was granted of its node: as it asked when it was admitted, and as each resize since that found room. What it asks for now may differ.
 * Upstream: pkg/kubelet/allocation/allocation_manager.go
 */
import { semanticEqual } from "../../api/equal.ts";
import type { Container, ContainerStatus, Pod, ResourceRequirements } from "../../schema/shapes/core.v1.ts";

export interface Allocation {
  /** Of the pod as a whole. */
  readonly whole: ResourceRequirements | undefined;
  readonly containers: ReadonlyMap<string, ResourceRequirements>;
}

function resizable({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

export function allocationOf(pod: Pod): Allocation {
  return { whole: pod.spec.resources, containers: new Map(resizable(pod).map(({ name, resources = {} }) => [name, resources])) };
}

/** Where another kubelet had the pod before: as its status tells of what ran; else as it asks. */
export function recoveredAllocation(pod: Pod): Allocation {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const told = new Map([...initContainerStatuses, ...containerStatuses].map((status) => [status.name, status]));
  const containers = resizable(pod).map(({ name, resources = {} }) => [name, toldResources(told.get(name), resources)] as const);
  return { whole: pod.status?.resources ?? pod.spec.resources, containers: new Map(containers) };
}

function toldResources(status: ContainerStatus | undefined, asked: ResourceRequirements): ResourceRequirements {
  if (status?.resources === undefined) return asked;
  return { ...asked, requests: status.allocatedResources ?? status.resources.requests, limits: status.resources.limits };
}

/** The pod with what it was granted in the place of what it asks for; itself where that is the same. */
export function asGranted(pod: Pod, allocation: Allocation): Pod {
  const same = ({ name, resources }: Container): boolean => semanticEqual(resources, allocation.containers.get(name) ?? resources);
  if (resizable(pod).every(same) && semanticEqual(pod.spec.resources, allocation.whole)) return pod;
  const granted = (list: readonly Container[]): Container[] =>
    list.map((container) => ({ ...container, resources: allocation.containers.get(container.name) ?? container.resources }));
  const { spec } = pod;
  const init = spec.initContainers === undefined ? {} : { initContainers: granted(spec.initContainers) };
  return { ...pod, spec: { ...spec, ...init, containers: granted(spec.containers), resources: allocation.whole } };
}
