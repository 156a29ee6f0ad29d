/**
 * Which Services a pod's change concerns. Shared by the two controllers that list a Service's pods, which must agree on it.
 * Upstream: staging/src/k8s.io/endpointslice/util/controller_utils.go (GetServicesToUpdateOnPodChange)
 */
import type { Key } from "../../client/client.ts";
import type { Lister } from "../../client/informer.ts";
import { isPodReady, isPodTerminal, isPodTerminating, podAddresses, selects } from "../../machinery/pods.ts";
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";

/** Whether pods are looked up for it at all. */
export function hasSelector(service: Service): boolean {
  return service.spec.type !== "ExternalName" && Object.keys(service.spec.selector ?? {}).length > 0;
}

/** Services that select the pod as it is or as it was, if anything about it changed that an endpoint shows. */
export function servicesOfPodChange(services: Lister<Service>, now: Pod, before: Pod | undefined): Key[] {
  if (before !== undefined && visible(now) === visible(before)) return [];
  const states = before === undefined ? [now] : [now, before];
  const keys: Key[] = [];
  for (const service of services.list(now.metadata.namespace ?? "")) {
    if (!hasSelector(service)) continue;
    const selector = service.spec.selector ?? {};
    const selected = states.some((pod) => selects(selector, pod.metadata.labels));
    if (selected) keys.push({ namespace: service.metadata.namespace ?? "", name: service.metadata.name });
  }
  return keys;
}

/** All of a pod that an endpoint depends on. */
function visible(pod: Pod): string {
  const ips = [...podAddresses(pod, "IPv4"), ...podAddresses(pod, "IPv6")].join(",");
  const { nodeName = "", hostname = "", subdomain = "" } = pod.spec;
  const flags = `${isPodReady(pod)} ${isPodTerminal(pod)} ${isPodTerminating(pod)}`;
  return `${ips} ${nodeName} ${hostname} ${subdomain} ${flags} ${pod.metadata.uid} ${JSON.stringify(pod.metadata.labels ?? {})}`;
}
