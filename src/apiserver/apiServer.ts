/**
 * The API server: a function from request to response, bound to sockets elsewhere. This file only puts the parts together.
 * Left out: custom resources, aggregation, audit, admission webhooks.
 */
import { assert } from "../base/assert.ts";
import type { ApiRequest, ApiResponse } from "../machinery/http.ts";
import { Admission } from "./admission/admission.ts";
import { Caches } from "./admission/caches.ts";
import { defaultTolerations } from "./admission/defaultTolerations.ts";
import { namespaceLifecycle } from "./admission/namespaceLifecycle.ts";
import { nodeTaints } from "./admission/nodeTaints.ts";
import { priority } from "./admission/priority.ts";
import { serviceAccount } from "./admission/serviceAccount.ts";
import { defaultServiceRanges, ServiceAddresses } from "./admission/serviceAddresses.ts";
import { Authenticator } from "./authn/authenticate.ts";
import type { CertificateIdentity, Lookup } from "./authn/authenticate.ts";
import { builtInPolicy } from "./authz/builtInPolicy.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { OpenApi } from "./discovery/openApi.ts";
import { servedVersions } from "./discovery/served.ts";
import { metricsKinds } from "./metrics/metricsKinds.ts";
import { EventExpiry } from "./registry/eventExpiry.ts";
import { healthChecks } from "./health/checks.ts";
import type { Registry, Resource } from "./registry/resource.ts";
import { Feed } from "./storage/feed.ts";
import { kindPrefix, objectKey } from "./storage/keys.ts";
import { Compactor } from "./storage/compactor.ts";
import { Dispatcher } from "./server/dispatcher.ts";
import { addGauges } from "./server/gauges.ts";
import { defaultInFlightLimits, InFlight } from "./server/limits.ts";
import { Metrics } from "./server/metrics.ts";
import type { ApiServerOptions } from "./server/options.ts";

export type { ApiServerOptions } from "./server/options.ts";
import { Paths } from "./server/paths.ts";
import { resourcesOf, servable } from "./server/resources.ts";
import { Routes } from "./server/routes.ts";
import type { Admitted } from "./subresources/session.ts";

export interface ApiServer extends AsyncDisposable {
  /** Resolves when the caches are loaded and the cluster's first objects are there; requests wait for it by themselves. */
  readonly ready: Promise<void>;
  /** `identity`: whom the client's certificate names; in process, who the caller is. Never rejects. */
  handle(request: ApiRequest, identity?: CertificateIdentity): Promise<ApiResponse>;
  /** Admits exec, attach or port-forward, or gives the response that refuses it. Run the session after the upgrade. */
  connect(request: ApiRequest, identity?: CertificateIdentity): Promise<Admitted | { refusal: ApiResponse }>;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, rng, log } = options;
  const kinds = servable(options.kinds);
  const feed = new Feed(store, clock, log);
  const resources = resourcesOf(kinds, feed);
  const addresses = new ServiceAddresses(options.serviceRanges ?? defaultServiceRanges, rng);
  const registry = registryOf(options, feed, resources, addresses);
  const compactor = new Compactor(store, clock, log);
  const eventExpiry = new EventExpiry(registry);

  let loaded = false;
  const start = async (): Promise<void> => {
    await feed.start();
    addresses.follow(registry.resource("", "services").cache);
    await bootstrap(registry, options);
    compactor.start();
    eventExpiry.start();
    loaded = true;
  };
  const ready = start();
  ready.catch((error: unknown) => log.error("the API server could not start", { error: String(error) }));

  // They are the kubelets' to tell: without a way to them there is nothing to serve.
  const metricsOf = options.nodeConnector === undefined ? [] : metricsKinds;
  const metrics = new Metrics();
  const inFlight = new InFlight(options.inFlight ?? defaultInFlightLimits);
  addGauges(metrics, resources, inFlight);
  const { tokens } = registry;
  const { advertise } = options;
  const paths = new Paths({
    versions: servedVersions(kinds, metricsOf),
    version: options.version,
    checks: healthChecks(store, () => loaded),
    metrics,
    serverAddress: advertise === undefined ? "" : `${advertise.address}:${advertise.port}`,
    openApi: new OpenApi({
      kinds: [...kinds, ...metricsOf],
      version: options.version.gitVersion,
      descriptions: options.descriptions,
      build: options.build,
      clock,
    }),
    tokenKeys: tokens && (async () => ({ issuer: tokens.issuer, keys: await tokens.keys() })),
  });
  const lookup: Lookup = (plural, namespace, name) => {
    const { kind, cache } = registry.resource("", plural);
    return cache.get(objectKey(kind, namespace, name))?.object;
  };
  const authenticator = new Authenticator(options.authentication ?? {}, lookup, clock);
  const authorizer = options.authorizer ?? builtInPolicy;
  const routes = new Routes(kinds, metricsOf);
  const dispatcher = new Dispatcher({ ready, registry, routes, paths, metrics, inFlight, authenticator, authorizer });
  return {
    ready,
    handle: (request, identity) => dispatcher.handle(request, identity),
    connect: (request, identity) => dispatcher.connect(request, identity),
    async [Symbol.asyncDispose]() {
      compactor[Symbol.dispose]();
      eventExpiry[Symbol.dispose]();
      await ready.catch(() => undefined);
      await feed[Symbol.asyncDispose]();
    },
  };
}

/** The chain of admission steps stands here, in upstream's order. */
function registryOf(
  options: ApiServerOptions,
  feed: Feed,
  resources: ReadonlyMap<string, Resource>,
  addresses: ServiceAddresses,
): Registry {
  const { store, clock, rng, uids, log } = options;
  const resource = (group: string, plural: string): Resource => {
    const found = resources.get(kindPrefix({ group, plural }));
    assert(found !== undefined, `${group}/${plural} is served`);
    return found;
  };
  const caches = new Caches(resource, feed);
  const steps = [namespaceLifecycle(caches), serviceAccount(caches, rng), nodeTaints, priority(caches), defaultTolerations];
  const admission = new Admission(steps, [addresses]);
  const tokens = options.authentication?.tokenAuthority;
  const managedFields = options.managedFields ?? "applied";
  return {
    store,
    feed,
    clock,
    rng,
    uids,
    log,
    admission,
    nodes: options.nodeConnector,
    pods: options.podTransport,
    tokens,
    managedFields,
    resource,
  };
}
