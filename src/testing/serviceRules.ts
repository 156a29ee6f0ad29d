/** A builder of the data plane's rules for tests: sensible where nothing is said, overridden in one line where it matters. */
import type { ServiceRule } from "../proxy/ports/dataPlane.ts";

export function aServiceRule(parts: Partial<ServiceRule> = {}): ServiceRule {
  return {
    id: "default/web:http",
    protocol: "TCP",
    clusterIP: "10.96.1.1",
    port: 80,
    nodePort: 0,
    externalIPs: [],
    loadBalancerIPs: [],
    affinitySeconds: 0,
    internalPolicy: "Cluster",
    externalPolicy: "Cluster",
    backends: [],
    ...parts,
  };
}
