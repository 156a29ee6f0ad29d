/**
 * Mirrors hand-written Endpoints into EndpointSlices. A Service with a selector has slices of its own and is left alone.
 * Left out: annotations of the Endpoints. Upstream: pkg/controller/endpointslicemirroring/endpointslicemirroring_controller.go
 */
import { endpoints as endpointsKind } from "../../api/core/v1/endpoints.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../../api/discovery/v1/endpointSlice.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { Rng } from "../../base/rng.ts";
import type { Endpoints, Service } from "../../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { isMirrored, mirroredBy, mirrorPlan } from "./mirrorPlan.ts";
import { indexByService, keysOfSlices, writeSlice } from "./writes.ts";

/** Endpoints hold at most this many, too. */
const maxEndpoints = 1000;

export class EndpointSliceMirroringController implements Controller {
  readonly name = "endpointslice-mirroring-controller";
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly rng: Rng;
  private readonly services: Informer<Service>;
  private readonly endpoints: Informer<Endpoints>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly byService: string;

  constructor({ client, informers, rng }: ControllerDeps) {
    this.client = informers.readYourWrites(client);
    this.rng = rng;
    this.services = informers.informer(serviceKind);
    this.endpoints = informers.informer(endpointsKind);
    this.slices = informers.informer(sliceKind);
    this.byService = indexByService(this.slices, mirroredBy);
    this.watches = [
      { kind: endpointsKind, via: "self" },
      { kind: serviceKind, via: "self" },
      { kind: sliceKind, via: (now, before) => keysOfSlices(mirroredBy, now, before) },
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    const slices = this.slices.byIndex(this.byService, `${key.namespace}/${key.name}`);
    const service = this.services.get(key);
    const endpoints = this.endpoints.get(key);
    const wanted = service !== undefined && !hasSelector(service) && endpoints !== undefined && isMirrored(endpoints);
    const actions = wanted ? mirrorPlan(endpoints, slices, maxEndpoints) : slices.map((slice) => ({ type: "delete" as const, slice }));
    await Promise.all(actions.map((action) => writeSlice(this.client, this.rng, action)));
    return {};
  }
}

function hasSelector(service: Service): boolean {
  return Object.keys(service.spec.selector ?? {}).length > 0;
}
