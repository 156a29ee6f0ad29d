/**
 * Keeps the Endpoints object of every Service with a selector. Nothing waits for it (the data plane reads EndpointSlices), so a large one is written
 * at most once a second. Upstream: pkg/controller/endpoint/endpoints_controller.go
 */
import { endpoints as endpointsKind } from "../../api/core/v1/endpoints.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { selects } from "../../machinery/pods.ts";
import type { Endpoints, Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { isNamespaceTerminating } from "../framework/namespaceTerminating.ts";
import { Pace } from "../framework/pace.ts";
import { hasSelector, servicesOfPodChange } from "../framework/servicePods.ts";
import { watchKind } from "../framework/watchKind.ts";
import { managedBy, managedByLabel, plan } from "./plan.ts";

export class EndpointsController implements Controller {
  readonly name = "endpoint-controller";
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly pace: Pace;
  private readonly services: Informer<Service>;
  private readonly pods: Informer<Pod>;
  private readonly endpoints: Informer<Endpoints>;

  constructor({ client, informers, clock }: ControllerDeps) {
    this.client = informers.readYourWrites(client);
    this.pace = new Pace(clock, { msPerItem: 2, maxMs: 1000 });
    this.services = informers.informer(serviceKind);
    this.pods = informers.informer(podKind);
    this.endpoints = informers.informer(endpointsKind);
    this.watches = [
      { kind: serviceKind, via: "self" },
      watchKind(podKind, (now, before) => servicesOfPodChange(this.services, now, before)),
      { kind: endpointsKind, via: "self" },
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.services.get(key);
    const current = this.endpoints.get(key);
    if (service === undefined) {
      // Only what was made here: Endpoints without a Service may be somebody's own.
      if (current?.metadata.labels?.[managedByLabel] === managedBy) await this.client.delete(endpointsKind, key);
      return {};
    }
    if (service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) return {};
    const waitMs = this.pace.waitMs(`${key.namespace}/${key.name}`);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const selector = service.spec.selector ?? {};
    const pods = this.pods.list(key.namespace).filter((pod) => selects(selector, pod.metadata.labels));
    const action = plan(service, pods, current);
    if (action.type === "create") await this.create(action.endpoints);
    if (action.type === "update") await this.client.update(endpointsKind, action.endpoints);
    if (action.type !== "none") this.pace.done(`${key.namespace}/${key.name}`, pods.length);
    return {};
  }

  private async create(endpoints: Endpoints): Promise<void> {
    try {
      await this.client.create(endpointsKind, endpoints);
    } catch (error) {
      // The namespace is being deleted: the Service goes too.
      if (!isNamespaceTerminating(error)) throw error;
    }
  }
}
