/** How the admin reaches a cluster of ours: files of its state folder, for the kubeconfig and for cox's own calls. */
import { readFileSync } from "node:fs";
import { createClient } from "../client/httpClient.ts";
import type { Client } from "../client/client.ts";
import { type ClosableTransport, withBearer } from "../host-node/closableTransport.ts";
import { unixTransport } from "../host-node/plainTransports.ts";
import type { ClusterState } from "../daemon/clusterState.ts";
import type { Access } from "./kubeconfigFile.ts";

export function accessOf(state: ClusterState): Access {
  const read = (name: string): string => readFileSync(state.path("pki", name), "utf8");
  return {
    contextName: `cox-${state.name}`,
    server: `https://127.0.0.1:${state.read().apiPort}`,
    caCert: read("ca.crt"),
    clientCert: read("admin.crt"),
    clientKey: read("admin.key"),
  };
}

/** An admin's client over the cluster's Unix socket; close it when done. */
export function adminClient(state: ClusterState): ClosableTransport & { readonly client: Client } {
  const token = readFileSync(state.path("pki", "admin.token"), "utf8").trim();
  const connection = withBearer(unixTransport(state.apiSocket), token);
  return { ...connection, client: createClient(connection.transport, { userAgent: "cox" }) };
}
