/** The `kube-dns` Service: holds cluster DNS's address, so that no other Service gets it. The agent itself answers there. */
import { service as serviceKind } from "../api/core/v1/service.ts";
import type { Client } from "../client/client.ts";
import { isApiError } from "../machinery/status.ts";
import type { ServicePort } from "../schema/shapes/core.v1.ts";
import { dnsAddress } from "./addressPlan.ts";

const port = (name: string, protocol: string): ServicePort => ({ name, protocol, port: 53, targetPort: 53 });

export async function ensureDnsService(client: Client): Promise<void> {
  if ((await client.get(serviceKind, { namespace: "kube-system", name: "kube-dns" })) !== undefined) return;
  try {
    await client.create(serviceKind, {
      metadata: {
        name: "kube-dns",
        namespace: "kube-system",
        labels: { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
      },
      spec: { clusterIP: dnsAddress, ports: [port("dns", "UDP"), port("dns-tcp", "TCP")] },
    });
  } catch (error) {
    if (!isApiError(error, "AlreadyExists")) throw error;
  }
}
