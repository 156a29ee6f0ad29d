/**
 * Gives every Service of type LoadBalancer an address of its own. One worker, so two Services never choose the same one.
 * ClusterIPs and node ports are the API server's. Upstream: staging/src/k8s.io/cloud-provider/controllers/service/controller.go
 */
import { assertNever } from "../../base/assert.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import type { Client, EventRecorder, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { parseRange, type AddressRange } from "./addressRange.ts";
import { heldAddress, plan, type Action } from "./plan.ts";

const retryUnmetMs = 10_000;

export interface ServiceControllerOptions {
  /** Addresses to give out, e.g. `127.1.0.0/16`. */
  readonly loadBalancerRange: string;
  /** Also serve Services that ask for this class by name. */
  readonly loadBalancerClass?: string | undefined;
}

export class ServiceController implements Controller {
  readonly name = "service-controller";
  readonly workers = 1;
  readonly watches: readonly Watch[] = [{ kind: serviceKind, via: "self" }];
  private readonly client: Client;
  private readonly events: EventRecorder;
  private readonly services: Informer<Service>;
  private readonly range: AddressRange;
  private readonly loadBalancerClass: string | undefined;
  /** Wishes that could not be met, so that each is told once. */
  private readonly complaints = new Map<string, string>();

  constructor({ client, events, informers }: ControllerDeps, options: ServiceControllerOptions) {
    this.client = informers.readYourWrites(client);
    this.events = events;
    this.services = informers.informer(serviceKind);
    this.range = parseRange(options.loadBalancerRange);
    this.loadBalancerClass = options.loadBalancerClass;
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.services.get(key);
    const id = `${key.namespace}/${key.name}`;
    if (service === undefined) {
      this.complaints.delete(id);
      return {};
    }
    const { range, loadBalancerClass } = this;
    const { actions, unmet } = plan({ service, range, taken: this.takenByOthers(service), loadBalancerClass });
    if (unmet && this.complaints.get(id) === JSON.stringify(actions)) return { requeueAfterMs: retryUnmetMs };
    for (const action of actions) await this.execute(key, service, action);
    if (!unmet) this.complaints.delete(id);
    else this.complaints.set(id, JSON.stringify(actions));
    return unmet ? { requeueAfterMs: retryUnmetMs } : {};
  }

  private takenByOthers(service: Service): Set<string> {
    const taken = new Set<string>();
    for (const other of this.services.list()) {
      const ip = other.metadata.uid === service.metadata.uid ? undefined : heldAddress(other);
      if (ip !== undefined) taken.add(ip);
    }
    return taken;
  }

  private async execute(key: Key, service: Service, action: Action): Promise<void> {
    switch (action.type) {
      case "event":
        this.events.event(service, action.level, action.reason, action.message);
        return;
      case "addFinalizer":
      case "removeFinalizer": {
        const { uid } = service.metadata;
        await this.client.patch(serviceKind, key, "merge", { metadata: { uid, finalizers: action.finalizers } });
        return;
      }
      case "setIngress": {
        const { uid } = service.metadata;
        const loadBalancer = { ingress: action.ingress.length === 0 ? null : action.ingress };
        await this.client.patch(serviceKind, key, "merge", { metadata: { uid }, status: { loadBalancer } }, "status");
        return;
      }
      default:
        assertNever(action);
    }
  }
}
