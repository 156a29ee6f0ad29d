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
import type { KubeObject } from "../../machinery/kind.ts";
import { selects } from "../../machinery/pods.ts";
import { nameSuffix } from "../../base/rng.ts";
import type { Node, Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { isNamespaceTerminating } from "../framework/namespaceTerminating.ts";
import { Pace } from "../framework/pace.ts";
import { hasSelector, servicesOfPodChange } from "../framework/servicePods.ts";
import { watchKind } from "../framework/watchKind.ts";
import { managedBy, managedByLabel, plan, serviceNameLabel, type Action } from "./plan.ts";

const defaultMaxEndpoints = 100;
/** How soon to look again for the node of a pod that is ahead of it. */
const unknownNodeRetryMs = 1000;
const byService = "endpointSlicesByService";

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

  constructor(deps: ControllerDeps, options: EndpointSliceOptions = {}) {
    this.deps = deps;
    this.client = deps.informers.readYourWrites(deps.client);
    this.maxEndpoints = options.maxEndpointsPerSlice ?? defaultMaxEndpoints;
    this.pace = new Pace(deps.clock, { msPerItem: 0.02, maxMs: 200 });
    this.services = deps.informers.informer(serviceKind);
    this.pods = deps.informers.informer(podKind);
    this.nodes = deps.informers.informer(nodeKind);
    this.slices = deps.informers.informer(sliceKind);
    this.slices.addIndex(byService, (slice) => {
      const { labels, namespace } = slice.metadata;
      const name = labels?.[serviceNameLabel];
      return name === undefined || labels?.[managedByLabel] !== managedBy ? [] : [`${namespace}/${name}`];
    });
    this.watches = [
      { kind: serviceKind, via: "self" },
      watchKind(podKind, (now, before) => servicesOfPodChange(this.services, now, before)),
      { kind: sliceKind, via: (now, before) => keysOfSlices(before === undefined ? [now] : [now, before]) },
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
      slices: this.slices.byIndex(byService, id),
      maxEndpoints: this.maxEndpoints,
    });
    await Promise.all(actions.map((action) => this.execute(service, action)));
    this.pace.done(id, pods.length);
    return onUnknownNodes > 0 ? { requeueAfterMs: unknownNodeRetryMs } : {};
  }

  private async execute(service: Service, { type, slice }: Action): Promise<void> {
    const { namespace = "", name } = slice.metadata;
    switch (type) {
      case "create":
        try {
          await this.client.create(sliceKind, { ...slice, metadata: { ...slice.metadata, name: this.freshName(service) } });
        } catch (error) {
          // The namespace is being deleted: its Services go too, nothing is left to do.
          if (!isNamespaceTerminating(error)) throw error;
        }
        return;
      case "update":
        await this.client.update(sliceKind, slice);
        return;
      case "delete":
        await this.client.delete(sliceKind, { namespace, name }, { preconditions: { uid: slice.metadata.uid } });
    }
  }

  private freshName(service: Service): string {
    return `${service.metadata.name}-${nameSuffix(this.deps.rng)}`;
  }
}

function keysOfSlices(slices: readonly KubeObject[]): Key[] {
  return slices.flatMap(({ metadata: { labels, namespace = "" } }) => {
    const name = labels?.[serviceNameLabel];
    return name === undefined ? [] : [{ namespace, name }];
  });
}
