/**
 * The short way to a cluster of this user's on this machine: its Unix socket, where a kubeconfig's admin certificate asks for its TLS port.
 * Setting up TLS is most of a short command's time. The same user either way; whoever may read the state folder's token may use it.
 */
import { readFileSync } from "node:fs";
import { clusterNames, ClusterState, homeFolder } from "../../daemon/clusterState.ts";
import { type ClosableTransport, withBearer } from "../../host-node/closableTransport.ts";
import { unixTransport } from "../../host-node/plainTransports.ts";
import type { ConnectionTarget } from "../../kubectl/host.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** undefined where the target isn't one of our clusters, or doesn't ask as its admin. */
export function ownCluster(target: ConnectionTarget, env: Env): ClosableTransport | undefined {
  const port = /^https:\/\/127\.0\.0\.1:(\d+)$/.exec(target.server)?.[1];
  if (port === undefined || target.cert === undefined || target.proxyUrl !== undefined || target.serverName !== undefined) return undefined;
  try {
    for (const name of clusterNames(env)) {
      const state = new ClusterState(homeFolder(env), name);
      if (String(state.read().apiPort) !== port || state.runningPid() === undefined) continue;
      return isAdmin(target, state) ? withBearer(unixTransport(state.apiSocket), adminToken(state)) : undefined;
    }
  } catch {
    // A state folder that can't be read is no way: TLS is.
  }
  return undefined;
}

function isAdmin({ ca, cert, key }: ConnectionTarget, state: ClusterState): boolean {
  const is = (text: string | undefined, file: string): boolean => text === readFileSync(state.path("pki", file), "utf8");
  return is(ca, "ca.crt") && is(cert, "admin.crt") && is(key, "admin.key");
}

function adminToken(state: ClusterState): string {
  return readFileSync(state.path("pki", "admin.token"), "utf8").trim();
}
