/** From the request and its manifests to the plans that are rehearsed, one for each strategy. */
import { inNamespace, type ManifestObject, namespaceOf } from "../../rehearsal/manifests.ts";
import { applyPlan, findDeployment, findService, type Plan, withImage } from "../../rehearsal/plan.ts";
import { planFor } from "../../rehearsal/strategies.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import { exposed } from "./locate.ts";
import type { RehearseRequest } from "./options.ts";

export interface Planned {
  readonly plans: readonly Plan[];
  readonly service: Service;
  readonly namespace: string;
  readonly notes: readonly string[];
}

export interface PlanSettings {
  /** Overrides what the manifests say. */
  readonly namespace: string | undefined;
  /** A Service of type ClusterIP may get an address outside. */
  readonly expose: boolean;
  /** Changes all manifests before anything is made of them. */
  readonly adapt?: ((objects: readonly ManifestObject[]) => readonly ManifestObject[]) | undefined;
  /** Wait where an order was found to be too hasty. */
  readonly careful?: boolean | undefined;
}

export function plansFor(request: RehearseRequest, settings: PlanSettings): Planned {
  const given = request.before;
  const namespace = settings.namespace ?? request.namespace ?? namespaceOf(given) ?? "default";
  const service = findService(given, request.service);
  const expose = settings.expose && request.from === "outside";
  const opened = (objects: readonly ManifestObject[]): ManifestObject[] => {
    const here = inNamespace(settings.adapt?.(objects) ?? objects, namespace);
    return expose ? here.map((each) => (isThat(each, service) ? { ...each, object: exposed(each.object as Service) } : each)) : here;
  };
  const before = opened(given);
  const notes =
    expose && (service.spec.type ?? "ClusterIP") === "ClusterIP"
      ? [`Service "${service.metadata.name}" is given an address outside, as type LoadBalancer would`]
      : [];
  const named = findService(before, service.metadata.name);
  const { change } = request;
  if (change.type === "apply") {
    const after = opened(change.after);
    return { plans: [applyPlan(before, after, { service: named, careful: settings.careful === true })], service: named, namespace, notes };
  }
  const current = findDeployment(before, change.image.deployment);
  const input = { before, service: named, current, next: withImage(current, change.image), holdSeconds: request.holdSeconds };
  return { plans: change.strategies.map((strategy) => planFor(strategy, input)), service: named, namespace, notes };
}

function isThat({ kind, object }: ManifestObject, service: Service): boolean {
  return kind.kind === "Service" && object.metadata.name === service.metadata.name;
}
