/**
 * Where a rehearsal takes place: a cluster of ours started for it and removed afterwards, a cluster of ours that is up, or any Kubernetes of the
 * kubeconfig. Ours tell which pod each connection went to, and delay endpoints as the profile says.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { configMap as configMapKind } from "../../api/core/v1/configMap.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { Disposables } from "../../base/disposables.ts";
import type { Client } from "../../client/client.ts";
import { ClusterState, clusterNames, homeFolder } from "../../daemon/clusterState.ts";
import type { StreamSession } from "../../machinery/http.ts";
import { isApiError } from "../../machinery/status.ts";
import { propagationConfigName } from "../../proxy/proxy.ts";
import type { ConnectionRecord } from "../../rehearsal/connections.ts";
import { accessOf, adminClient } from "../access.ts";
import { CommandError, type CommandInput } from "../command.ts";
import { stopCluster } from "../commands/down.ts";
import { startCluster } from "../commands/up.ts";
import { nodeConnection } from "../kubectl/connection.ts";
import type { Access } from "../kubeconfigFile.ts";
import { movedPorts } from "../movedPorts.ts";
import { ConnectionFile } from "./connectionFile.ts";
import { foreignClient } from "./foreignCluster.ts";

export interface Site extends AsyncDisposable {
  readonly client: Client;
  /** For the report, e.g. `cluster "rehearsal-1" started for it (3 nodes)`. */
  readonly where: string;
  /** Ours alone: nothing else runs there. */
  readonly own: boolean;
  /** Set where the cluster is one of ours. */
  readonly ours: OurSite | undefined;
  /** An address at which node ports answer. */
  readonly nodeAddress: string;
}

export interface OurSite {
  /** Runs a command in a pod; its standard input and output are the session's channels 0 and 1. */
  readonly exec: (namespace: string, pod: string, command: readonly string[]) => Promise<StreamSession>;
  /** Where a LoadBalancer's address answers in truth: `address:port`. */
  reachable(address: string, port: number): { readonly host: string; readonly port: number };
  /** Endpoints are delayed by this profile, and connections written down, until the site is disposed. */
  rehearse(profile: string, seed: number): Promise<void>;
  connections(): Promise<readonly ConnectionRecord[]>;
}

type Input = Pick<CommandInput, "streams" | "env" | "signal">;

/** `context` undefined: a cluster of its own. */
export async function openSite(input: Input, context: string | undefined, nodes: string): Promise<Site> {
  if (context === undefined) return await ownCluster(input, nodes);
  const name = context.replace(/^cox-/, "");
  const ours = context.startsWith("cox-") && clusterNames(input.env).includes(name);
  if (ours) {
    const state = new ClusterState(homeFolder(input.env), name);
    if (state.runningPid() === undefined) throw new CommandError(`The cluster "${name}" is not up: start it with 'cox up --name ${name}'.`);
    return await coxSite(state, { own: false, stack: new Disposables(), where: `cluster "${name}"` });
  }
  const stack = new Disposables();
  const { client, close } = await foreignClient(context, input.env, input.signal);
  stack.defer(close);
  const nodeAddress = await foreignNodeAddress(client);
  return {
    client,
    where: `context "${context}"`,
    own: false,
    ours: undefined,
    nodeAddress,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

async function ownCluster(input: Input, nodes: string): Promise<Site> {
  const taken = new Set(clusterNames(input.env));
  let number = 1;
  while (taken.has(`rehearsal-${number}`)) number += 1;
  const name = `rehearsal-${number}`;
  const state = new ClusterState(homeFolder(input.env), name);
  const stack = new Disposables();
  // The user's own kubeconfig is left alone.
  const env = { ...input.env, KUBECONFIG: join(homeFolder(input.env), `.${name}.kubeconfig`) };
  const silent = { ...input.streams, out: () => undefined };
  stack.defer(async () => {
    if (state.exists()) await stopCluster({ streams: silent, env }, name, true);
    rmSync(env.KUBECONFIG, { force: true });
  });
  try {
    await startCluster({ streams: silent, env, signal: input.signal }, { name, nodes, catalogue: true });
    return await coxSite(state, { own: true, stack, where: `cluster "${name}" of ${nodes} nodes, started for it` });
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function coxSite(state: ClusterState, { own, stack, where }: { own: boolean; stack: Disposables; where: string }): Promise<Site> {
  const connection = adminClient(state);
  stack.defer(() => connection.close());
  const { client } = connection;
  const connections = new ConnectionFile(state.path("run"));
  const ours: OurSite = {
    exec: (namespace, pod, command) => execIn(accessOf(state), { namespace, pod, command }),
    reachable(address, port) {
      const moved = movedPorts(state)[`${address}:${port}`];
      const [host = address, text = String(port)] = moved === undefined || moved === "" ? [] : moved.split(":");
      return { host, port: Number(text) };
    },
    async rehearse(profile, seed) {
      await setProfile(client, { profile, seed: String(seed) });
      stack.defer(() => client.delete(configMapKind, { namespace: "kube-system", name: propagationConfigName }).then(() => undefined));
      stack.defer(() => connections.end());
      await connections.begin();
    },
    connections: () => connections.read(),
  };
  return { client, where, own, ours, nodeAddress: "127.0.0.1", [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

function execIn(
  { server, caCert, clientCert, clientKey }: Access,
  { namespace, pod, command }: { namespace: string; pod: string; command: readonly string[] },
): Promise<StreamSession> {
  const connection = nodeConnection({ server, ca: caCert, cert: clientCert, key: clientKey, insecure: false });
  const query = new URLSearchParams([["stdin", "true"], ["stdout", "true"], ...command.map((word): [string, string] => ["command", word])]);
  const url = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`;
  return connection.upgrade({ method: "GET", url, headers: {} }, ["v5.channel.k8s.io"]);
}

async function setProfile(client: Client, data: Record<string, string>): Promise<void> {
  const metadata = { name: propagationConfigName, namespace: "kube-system" };
  try {
    await client.create(configMapKind, { metadata, data });
  } catch (error) {
    if (!isApiError(error, "AlreadyExists")) throw error;
    await client.patch(configMapKind, metadata, "merge", { data });
  }
}

async function foreignNodeAddress(client: Client): Promise<string> {
  const { items } = await client.list(nodeKind);
  const addresses = items.flatMap(({ status }) => status?.addresses ?? []);
  const found = addresses.find(({ type }) => type === "ExternalIP") ?? addresses.find(({ type }) => type === "InternalIP");
  return found?.address ?? "";
}
