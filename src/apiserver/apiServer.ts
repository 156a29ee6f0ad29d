/**
 * The API server: a function from request to response, bound to sockets elsewhere. This file only puts the parts together.
 * Left out: custom resources, aggregation, audit, admission webhooks.
 */
import { assert } from "../base/assert.ts";
import type { ApiRequest, ApiResponse, StreamSession } from "../machinery/http.ts";
import type { Kind } from "../machinery/kind.ts";
import { Admission } from "./admission/admission.ts";
import { Caches } from "./admission/caches.ts";
import { defaultTolerations } from "./admission/defaultTolerations.ts";
import { namespaceLifecycle } from "./admission/namespaceLifecycle.ts";
import { nodeTaints } from "./admission/nodeTaints.ts";
import { priority } from "./admission/priority.ts";
import { serviceAccount } from "./admission/serviceAccount.ts";
import { defaultServiceRanges, ServiceAddresses } from "./admission/serviceAddresses.ts";
import { Authenticator } from "./authn/authenticate.ts";
import type { CertificateIdentity } from "./authn/authenticate.ts";
import { builtInPolicy } from "./authz/builtInPolicy.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { servedVersions } from "./discovery/served.ts";
import type { Registry, Resource } from "./registry/resource.ts";
import { Feed } from "./storage/feed.ts";
import { KindCache } from "./storage/kindCache.ts";
import { kindPrefix } from "./storage/keys.ts";
import { Compactor } from "./storage/compactor.ts";
import { Dispatcher } from "./server/dispatcher.ts";
import { defaultInFlightLimits, InFlight } from "./server/limits.ts";
import { Metrics } from "./server/metrics.ts";
import type { ApiServerOptions } from "./server/options.ts";

export type { ApiServerOptions } from "./server/options.ts";
import { Paths } from "./server/paths.ts";
import { Routes } from "./server/routes.ts";

export interface ApiServer extends AsyncDisposable {
  /** Resolves when the caches are loaded and the cluster's first objects are there; requests wait for it by themselves. */
  readonly ready: Promise<void>;
  /** `identity`: whom the client's certificate names; in process, who the caller is. Never rejects. */
  handle(request: ApiRequest, identity?: CertificateIdentity): Promise<ApiResponse>;
  /** Admits exec, attach or port-forward, or gives the response that refuses it. Run the session after the upgrade. */
  connect(
    request: ApiRequest,
    identity?: CertificateIdentity,
  ): Promise<{ run(peer: StreamSession): Promise<void> } | { refusal: ApiResponse }>;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, rng, uids, log } = options;
  const kinds = servable(options.kinds);
  const feed = new Feed(store, clock, log);
  const resources = resourcesOf(kinds, feed);
  const resource = (group: string, plural: string): Resource => {
    const found = resources.get(kindPrefix({ group, plural }));
    assert(found !== undefined, `${group}/${plural} is served`);
    return found;
  };
  const caches = new Caches(resource, feed);
  const addresses = new ServiceAddresses(options.serviceRanges ?? defaultServiceRanges, rng);
  const steps = [namespaceLifecycle(caches), serviceAccount(caches, rng), nodeTaints, priority(caches), defaultTolerations];
  const tokens = options.authentication?.tokenAuthority;
  const registry: Registry = {
    store,
    feed,
    clock,
    rng,
    uids,
    log,
    admission: new Admission(steps, [addresses]),
    nodes: options.nodeConnector,
    tokens,
    resource,
  };
  const lookup = (plural: string, namespace: string, name: string) => caches.get("", plural, namespace, name);
  const metrics = new Metrics();
  const inFlight = new InFlight(options.inFlight ?? defaultInFlightLimits);
  addGauges(metrics, resources, inFlight);
  const compactor = new Compactor(store, clock, log);

  let loaded = false;
  const start = async (): Promise<void> => {
    await feed.start();
    addresses.follow(resource("", "services").cache);
    await bootstrap(registry, options);
    compactor.start();
    loaded = true;
  };
  const ready = start();
  ready.catch((error: unknown) => log.error("the API server could not start", { error: String(error) }));

  const advertised = options.advertise;
  const paths = new Paths({
    versions: servedVersions(kinds),
    version: options.version,
    checks: [
      { name: "ping", problem: () => undefined },
      { name: "etcd", problem: () => storeProblem(store.revision()) },
      { name: "informer-sync", readyOnly: true, problem: () => (loaded ? undefined : "caches are not loaded yet") },
    ],
    metrics,
    serverAddress: advertised === undefined ? "" : `${advertised.address}:${advertised.port}`,
    openApi: undefined,
    tokenKeys: tokens && (async () => ({ issuer: tokens.issuer, keys: await tokens.keys() })),
  });
  const dispatcher = new Dispatcher({
    ready,
    registry,
    routes: new Routes(kinds),
    paths,
    metrics,
    inFlight,
    authenticator: new Authenticator(options.authentication ?? {}, lookup, clock),
    authorizer: options.authorizer ?? builtInPolicy,
  });
  return {
    ready,
    handle: (request, identity) => dispatcher.handle(request, identity),
    connect: (request, identity) => dispatcher.connect(request, identity),
    async [Symbol.asyncDispose]() {
      compactor[Symbol.dispose]();
      await ready.catch(() => undefined);
      await feed[Symbol.asyncDispose]();
    },
  };
}

/** Two versions of one resource need to say how one is made of the other: without that the second is left out. */
function servable(kinds: readonly Kind[]): readonly Kind[] {
  const owners = new Map<string, Kind>();
  for (const kind of kinds) if (kind.storedAs === undefined && !owners.has(kindPrefix(kind))) owners.set(kindPrefix(kind), kind);
  return kinds.filter((kind) => kind.storedAs !== undefined || owners.get(kindPrefix(kind)) === kind);
}

/** A kind's own cache, or that of the kind it is stored as. */
function resourcesOf(kinds: readonly Kind[], feed: Feed): ReadonlyMap<string, Resource> {
  const resources = new Map<string, Resource>();
  for (const kind of kinds) {
    if (kind.storedAs !== undefined || resources.has(kindPrefix(kind))) continue;
    const cache = new KindCache(kind);
    feed.add(cache);
    resources.set(kindPrefix(kind), { kind, cache });
  }
  return resources;
}

async function storeProblem(revision: Promise<number>): Promise<string | undefined> {
  try {
    await revision;
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function addGauges(metrics: Metrics, resources: ReadonlyMap<string, Resource>, inFlight: InFlight): void {
  const each = (read: (cache: KindCache) => number) =>
    Array.from(resources.values(), ({ kind, cache }) => ({
      labels: `group="${kind.group}",resource="${kind.plural}"`,
      value: read(cache),
    }));
  metrics.addGauge({
    name: "apiserver_current_inflight_requests",
    help: "Requests being answered now, by sort.",
    read: () => [
      { labels: 'request_kind="readOnly"', value: inFlight.reading },
      { labels: 'request_kind="mutating"', value: inFlight.mutating },
    ],
  });
  metrics.addGauge({ name: "apiserver_registered_watchers", help: "Open watches.", read: () => each((cache) => cache.watchers) });
  metrics.addGauge({ name: "apiserver_storage_objects", help: "Stored objects.", read: () => each((cache) => cache.size) });
}
