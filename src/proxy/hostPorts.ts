/**
 * Host ports of pods as rules for a data plane: the port of the pod's node leads to the pod. Pure. Left out: IPv6, the machine's own addresses (nodes
 * have theirs inside the cluster's network). Upstream: github.com/containernetworking/plugins/plugins/meta/portmap
 */
import { isPodTerminal } from "../machinery/pods.ts";
import type { ContainerPort, Pod } from "../schema/shapes/core.v1.ts";
import type { ServiceRule } from "./ports/dataPlane.ts";

export function hasHostPorts({ spec }: Pod): boolean {
  return spec.hostNetwork !== true && portsOf(spec).length > 0;
}

/** None while the pod has no address, and once it has ended. */
export function hostPortRules(pod: Pod): ServiceRule[] {
  const { metadata, spec, status } = pod;
  const { podIP = "", hostIP: nodeIp = "" } = status ?? {};
  if (!hasHostPorts(pod) || podIP === "" || nodeIp === "" || isPodTerminal(pod)) return [];
  return portsOf(spec)
    .filter(({ hostIP = "" }) => hostIP === "" || hostIP === "0.0.0.0" || hostIP === nodeIp)
    .map(({ protocol = "TCP", hostPort = 0, containerPort }) => ({
      id: `${metadata.namespace}/${metadata.name}:host-port-${protocol.toLowerCase()}-${hostPort}`,
      protocol: protocol as ServiceRule["protocol"],
      clusterIP: nodeIp,
      port: hostPort,
      nodePort: 0,
      externalIPs: [],
      loadBalancerIPs: [],
      affinitySeconds: 0,
      internalPolicy: "Cluster",
      externalPolicy: "Cluster",
      backends: [{ ip: podIP, port: containerPort, nodeName: spec.nodeName ?? "", podName: metadata.name ?? "" }],
    }));
}

function portsOf({ initContainers = [], containers }: Pod["spec"]): readonly ContainerPort[] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...sidecars, ...containers].flatMap(({ ports = [] }) => ports).filter(({ hostPort = 0 }) => hostPort > 0);
}
