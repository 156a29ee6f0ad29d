/** What events say of a resize. Upstream: pkg/kubelet/events/pod_resize_events.go */
import type { Container, Pod, ResourceRequirements } from "../../schema/shapes/core.v1.ts";

interface Part {
  readonly name: string;
  readonly resources: ResourceRequirements;
}

/** `what`: started, completed, error, Deferred or Infeasible. */
export function resizeText(pod: Pod, what: string, generation: number, error = ""): string {
  const { initContainers = [], containers } = pod.spec;
  const summary = {
    ...(initContainers.length === 0 ? {} : { initContainers: initContainers.map(partOf) }),
    containers: containers.map(partOf),
    generation,
    ...(error === "" ? {} : { error }),
  };
  return `Pod resize ${what}: ${JSON.stringify(summary)}`;
}

function partOf({ name, resources = {} }: Container): Part {
  const { limits, requests } = resources;
  return { name, resources: { ...(limits && { limits: sorted(limits) }), ...(requests && { requests: sorted(requests) }) } };
}

function sorted(amounts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
