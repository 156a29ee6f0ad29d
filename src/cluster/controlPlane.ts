/** The control plane put together: API server over a store, and its clients in the same process, controllers and scheduler. */
import { Disposables } from "../base/disposables.ts";
import { kinds } from "../api/registry.ts";
import type { CertificateIdentity } from "../apiserver/authn/authenticate.ts";
import { type ApiServer, createApiServer } from "../apiserver/apiServer.ts";
import type { ApiServerOptions } from "../apiserver/server/options.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/eventRecorder.ts";
import { createClient } from "../client/httpClient.ts";
import { createInformerFactory } from "../client/informers.ts";
import type { Host } from "../host/host.ts";
import type { Transport } from "../machinery/http.ts";
import { startScheduler } from "../scheduler/scheduler.ts";
import { ensureDnsService } from "./dnsService.ts";
import { upstreamVersion } from "./upstreamVersion.ts";
import { type ControllerSettings, startControllers } from "./controllers.ts";

export interface ControlPlaneOptions {
  readonly host: Host;
  readonly controllers: ControllerSettings;
  /** What the API server needs beyond kinds and host: store, authentication, node connector. */
  readonly api: Omit<ApiServerOptions, "kinds" | "clock" | "rng" | "uids" | "log" | "version">;
  /** Wraps the way of each component of this process to the API server: fault injection. */
  readonly wrapTransport?: ((transport: Transport, component: string) => Transport) | undefined;
  /** For /version, e.g. `linux/amd64`. */
  readonly platform: string;
}

export interface ControlPlane extends AsyncDisposable {
  readonly apiServer: ApiServer;
  /** A way in for a component of this process, known by name as a certificate would name it. */
  transportAs(identity: CertificateIdentity): Transport;
  clientAs(identity: CertificateIdentity): Client;
}

export const adminIdentity: CertificateIdentity = { commonName: "kubernetes-admin", organizations: ["system:masters"] };
const controllerManager: CertificateIdentity = { commonName: "system:kube-controller-manager", organizations: [] };
const scheduler: CertificateIdentity = { commonName: "system:kube-scheduler", organizations: [] };

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { host } = options;
  const stack = new Disposables();
  const apiServer = stack.add(createApiServer({ ...options.api, ...host, version: upstreamVersion(options.platform), kinds }));
  await apiServer.ready;
  const wrap = options.wrapTransport ?? ((transport) => transport);
  const transportAs = (identity: CertificateIdentity): Transport =>
    wrap((request) => apiServer.handle(request, identity), identity.commonName);
  const clientAs = (identity: CertificateIdentity): Client =>
    createClient(transportAs(identity), { userAgent: identity.commonName.replace("system:", "") });

  await ensureDnsService(clientAs(adminIdentity));

  const managerClient = clientAs(controllerManager);
  const managerInformers = stack.add(createInformerFactory({ ...host, client: managerClient }));
  stack.add(startControllers({ ...host, client: managerClient, informers: managerInformers }, options.controllers));

  const schedulerClient = clientAs(scheduler);
  const events = stack.add(createEventRecorder({ ...host, client: schedulerClient, component: "default-scheduler" }));
  stack.add(startScheduler({ ...host, client: schedulerClient, informers: managerInformers, events }));
  return { apiServer, transportAs, clientAs, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}
