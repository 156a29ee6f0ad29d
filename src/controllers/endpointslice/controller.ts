/**
 * Keeps the EndpointSlices of every Service with a selector. A change after a rest is on its way to the data plane at once; only large Services that
 * change all the time are paced.
 * Left out: Services without selector (their owners write the slices), ExternalName, the last-change-trigger-time annotation.
 * Upstream: pkg/controller/endpointslice/endpointslice_controller.go
 */
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../../api/discovery/v1/endpointSlice.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { selects } from "../../machinery/pods.ts";
import type { Node, Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { Pace } from "../framework/pace.ts";
import { hasSelector, servicesOfPodChange } from "../framework/servicePods.ts";
import { watchKind } from "../framework/watchKind.ts";
import { managedBy, plan } from "./plan.ts";
import { indexByService, keysOfSlices, writeSlice } from "./writes.ts";

const defaultMaxEndpoints = 100;
/** How soon to look again for the node of a pod that is ahead of it. */
const unknownNodeRetryMs = 1000;

export interface EndpointSliceOptions {
  /** Endpoints in one slice; default 100, at most 1000. */
  readonly maxEndpointsPerSlice?: number | undefined;
}

export class EndpointSliceController implements Controller {
  readonly name = "endpointslice-controller";
  readonly watches: readonly Watch[];
  private readonly deps: ControllerDeps;
  private readonly client: Client;
  private readonly maxEndpoints: number;
  private readonly pace: Pace;
  private readonly services: Informer<Service>;
  private readonly pods: Informer<Pod>;
  private readonly nodes: Informer<Node>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly byService: string;

  constructor(deps: ControllerDeps, options: EndpointSliceOptions = {}) {
    this.deps = deps;
    this.client = deps.informers.readYourWrites(deps.client);
    this.maxEndpoints = options.maxEndpointsPerSlice ?? defaultMaxEndpoints;
    this.pace = new Pace(deps.clock, { msPerItem: 0.2, maxMs: 1000 });
    this.services = deps.informers.informer(serviceKind);
    this.pods = deps.informers.informer(podKind);
    this.nodes = deps.informers.informer(nodeKind);
    this.slices = deps.informers.informer(sliceKind);
    this.byService = indexByService(this.slices, managedBy);
    this.watches = [
      { kind: serviceKind, via: "self" },
      watchKind(podKind, (now, before) => servicesOfPodChange(this.services, now, before)),
      { kind: sliceKind, via: (now, before) => keysOfSlices(managedBy, now, before) },
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.services.get(key);
    // A deleted Service's slices go by their owner reference.
    if (service === undefined || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) return {};
    const id = `${key.namespace}/${key.name}`;
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const selector = service.spec.selector ?? {};
    const pods = this.pods.list(key.namespace).filter((pod) => selects(selector, pod.metadata.labels));
    const { actions, onUnknownNodes } = plan({
      service,
      pods,
      nodeOf: (name) => this.nodes.get({ namespace: "", name }),
      slices: this.slices.byIndex(this.byService, id),
      maxEndpoints: this.maxEndpoints,
    });
    await Promise.all(actions.map((action) => writeSlice(this.client, this.deps.rng, action)));
    this.pace.done(id, pods.length);
    return onUnknownNodes > 0 ? { requeueAfterMs: unknownNodeRetryMs } : {};
  }
}
