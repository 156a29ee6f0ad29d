/** The cluster's certificates and tokens as files of its state folder: made once, then read. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { apiInsideAddress, apiServiceAddress } from "../cluster/addressPlan.ts";
import { createClusterCertificates } from "../host-node/pki.ts";
import type { ClusterState } from "./clusterState.ts";

const files = {
  caCert: "ca.crt",
  caKey: "ca.key",
  serverCert: "server.crt",
  serverKey: "server.key",
  adminCert: "admin.crt",
  adminKey: "admin.key",
  tokenKey: "service-account.key",
  tokenPublicKey: "service-account.pub",
  /** Bearer tokens of cox's own commands and of the node agent, for the Unix socket. */
  adminToken: "admin.token",
  agentToken: "agent.token",
} as const;

export type ClusterSecrets = Readonly<Record<keyof typeof files, string>>;

const token = (): string => randomBytes(32).toString("hex");

export async function clusterSecrets(state: ClusterState): Promise<ClusterSecrets> {
  const names = Object.entries(files);
  if (!names.every(([, file]) => existsSync(state.path("pki", file)))) {
    const addresses = ["127.0.0.1", apiServiceAddress, apiInsideAddress];
    const made = { ...(await createClusterCertificates(state.name, addresses, Date.now())), adminToken: token(), agentToken: token() };
    for (const [key, file] of names) state.writePrivate(join("pki", file), made[key as keyof typeof files]);
  }
  return Object.fromEntries(names.map(([key, file]) => [key, readFileSync(state.path("pki", file), "utf8")])) as ClusterSecrets;
}
