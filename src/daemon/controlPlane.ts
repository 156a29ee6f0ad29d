/**
 * The control plane's process: store on disk, API server and its sockets, controllers, scheduler, and the node agent as its child. Tells its parent
 * over IPC how the start goes. Ends on SIGTERM, and everything with it.
 */
import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import type { AuthenticationOptions } from "../apiserver/authn/authenticate.ts";
import { createJwtAuthority } from "../apiserver/authn/jwt.ts";
import { maxBodyBytes } from "../apiserver/request/body.ts";
import { Disposables } from "../base/disposables.ts";
import { node as nodeKind } from "../api/core/v1/node.ts";
import { apiInsideAddress, apiInsidePort, loadBalancerRange } from "../cluster/addressPlan.ts";
import { adminIdentity, type ControlPlane, startControlPlane } from "../cluster/controlPlane.ts";
import { ApiListener } from "../host-node/apiListener.ts";
import { openLmdbStore } from "../host-node/lmdbStore.ts";
import { nodeConnector } from "../host-node/nodeLink.ts";
import { nodeHost } from "../host-node/nodeHost.ts";
import { podTransport } from "../host-node/podProxy/transport.ts";
import { superviseAgent } from "./agentSupervisor.ts";
import { ImageService, startImageCollector } from "./imageService.ts";
import { type ClusterRecord, ClusterState, criSocketOf, StateError } from "./clusterState.ts";
import { buildName, fieldDescriptions } from "./descriptions.ts";
import type { AgentNodePlan, StartMessage } from "./messages.ts";
import { type ClusterSecrets, clusterSecrets } from "./pkiFiles.ts";

export interface ControlPlaneArguments {
  readonly state: ClusterState;
  readonly programs: string;
  readonly catalogue: boolean;
  readonly version: string;
  readonly tell: (message: StartMessage) => void;
}

/** Resolves when all nodes are Ready; disposing stops everything. */
export async function runControlPlane(args: ControlPlaneArguments): Promise<AsyncDisposable> {
  const { state, tell } = args;
  const stack = new Disposables();
  try {
    const record = state.read();
    state.writePid();
    stack.defer(() => rmSync(state.path("run", "pid"), { force: true }));
    const secrets = await clusterSecrets(state);
    const host = nodeHost();
    const store = stack.add(await openLmdbStore(state.path("store")));
    const nodes = stack.add(nodeConnector(state.agentSocket));
    const plane = stack.add(
      await startControlPlane({
        host,
        controllers: { loadBalancerRange: loadBalancerRange(record.index), caCert: secrets.caCert },
        platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
        api: {
          store,
          nodeConnector: nodes,
          podTransport: podTransport(nodes),
          authentication: await authentication(secrets),
          managedFields: "always",
          advertise: { address: apiInsideAddress, port: apiInsidePort },
          descriptions: fieldDescriptions(args.programs),
          build: buildName(args.programs, args.version),
        },
      }),
    );
    const listener = stack.add(await listen(plane, state, record, secrets));
    tell({ type: "progress", text: `API server at https://127.0.0.1:${record.apiPort}` });
    const plan = Array.from({ length: record.nodes }, (_, at): AgentNodePlan => ({ name: `${record.name}-${at + 1}`, index: at + 1 }));
    const imageHome = { home: dirname(state.folder), log: host.log };
    const images = stack.add(new ImageService({ ...imageHome, programs: args.programs }));
    stack.add(startImageCollector(imageHome));
    const agent = stack.add(
      await superviseAgent({
        state,
        plan,
        secrets,
        programs: args.programs,
        catalogue: args.catalogue,
        criSocket: criSocketOf(record),
        version: args.version,
        log: host.log,
        listener,
        pullImage: images.pull,
      }),
    );
    tell({ type: "progress", text: `Node agent: ${agent.facts.runtime}, Services by ${agent.facts.dataPlane}` });
    await nodesReady(plane, plan);
    tell({ type: "ready", notes: agent.facts.notes });
    host.log.info("ready", { nodes: record.nodes });
    return stack;
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function authentication(secrets: ClusterSecrets): Promise<AuthenticationOptions> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey("pkcs8", createPrivateKey(secrets.tokenKey).export({ format: "der", type: "pkcs8" }), algorithm, false, [
      "sign",
    ]),
    webcrypto.subtle.importKey("spki", createPublicKey(secrets.tokenPublicKey).export({ format: "der", type: "spki" }), algorithm, true, [
      "verify",
    ]),
  ]);
  return {
    staticTokens: {
      [secrets.adminToken]: { name: "kubernetes-admin", groups: ["system:masters"] },
      [secrets.agentToken]: { name: "system:node:agent", groups: ["system:nodes", "system:node-proxier"] },
    },
    tokenAuthority: await createJwtAuthority({ issuer: "https://kubernetes.default.svc.cluster.local", privateKey, publicKey }),
  };
}

async function listen(plane: ControlPlane, state: ClusterState, record: ClusterRecord, secrets: ClusterSecrets): Promise<ApiListener> {
  const listener = new ApiListener(plane.apiServer, {
    cert: secrets.serverCert,
    key: secrets.serverKey,
    clientCa: secrets.caCert,
    maxBodyBytes,
  });
  for (const path of [state.apiSocket, state.agentSocket]) rmSync(path, { force: true });
  await listener.listenUnix(state.apiSocket);
  try {
    await listener.listenTls("127.0.0.1", record.apiPort);
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateError(
      `The API server's port ${record.apiPort} on 127.0.0.1 can't be bound (${reason}): end the program that holds it, or make the cluster anew with 'cox down --name ${record.name} --delete'.`,
    );
  }
  return listener;
}

/** Removes Node objects that this start has no node for, then waits until all others are Ready. */
async function nodesReady(plane: ControlPlane, plan: readonly AgentNodePlan[]): Promise<void> {
  const client = plane.clientAs(adminIdentity);
  const wanted = new Set(plan.map((each) => each.name));
  for (const { metadata } of (await client.list(nodeKind)).items) {
    if (!wanted.has(metadata.name)) await client.delete(nodeKind, { namespace: "", name: metadata.name });
  }
  const done = new AbortController();
  for await (const event of client.watch(nodeKind, { sendInitialEvents: true, signal: done.signal })) {
    if (event.type !== "ADDED" && event.type !== "MODIFIED") continue;
    const ready = event.object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
    if (ready) wanted.delete(event.object.metadata.name);
    if (wanted.size === 0) break;
  }
  done.abort();
}
