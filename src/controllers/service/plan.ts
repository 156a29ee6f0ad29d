/**
 * Which address a Service of type LoadBalancer gets, and what to write for it. An address once given is in the Service's status, so it survives a
 * restart. Left out: nodes as targets and health check ports; the data plane serves these addresses itself.
 * Upstream: staging/src/k8s.io/cloud-provider/controllers/service/controller.go
 */
import type { LoadBalancerIngress, Service } from "../../schema/shapes/core.v1.ts";
import { firstFree, inRange, type AddressRange } from "./addressRange.ts";

export const cleanupFinalizer = "service.kubernetes.io/load-balancer-cleanup";

export type Action =
  | { readonly type: "addFinalizer" | "removeFinalizer"; readonly finalizers: string[] }
  | { readonly type: "setIngress"; readonly ingress: LoadBalancerIngress[] }
  | { readonly type: "event"; readonly level: "Normal" | "Warning"; readonly reason: string; readonly message: string };

export interface Plan {
  readonly actions: readonly Action[];
  /** The wish can't be met now; worth another look later. */
  readonly unmet: boolean;
}

export interface World {
  readonly service: Service;
  readonly range: AddressRange;
  /** Addresses that other Services hold. */
  readonly taken: ReadonlySet<string>;
  /** Services of this class are served, too; without a class all are. */
  readonly loadBalancerClass: string | undefined;
}

export function plan(world: World): Plan {
  const { service } = world;
  if (!wantsAddress(world)) return { actions: release(service), unmet: false };
  const current = heldAddress(service);
  const choice = choose(world, current);
  const finalizers = service.metadata.finalizers ?? [];
  const guarded = finalizers.includes(cleanupFinalizer);
  if ("problem" in choice) {
    const message = `Error syncing load balancer: failed to ensure load balancer: ${choice.problem}`;
    return { actions: [warning("SyncLoadBalancerFailed", message)], unmet: true };
  }
  if (guarded && choice.ip === current) return { actions: [], unmet: false };
  const actions: Action[] = [normal("EnsuringLoadBalancer", "Ensuring load balancer")];
  if (!guarded) actions.push({ type: "addFinalizer", finalizers: [...finalizers, cleanupFinalizer] });
  if (choice.ip !== current) actions.push({ type: "setIngress", ingress: [{ ip: choice.ip, ipMode: "VIP" }] });
  actions.push(normal("EnsuredLoadBalancer", "Ensured load balancer"));
  return { actions, unmet: false };
}

/** The address that its status names; undefined unless it is exactly one in our form. */
export function heldAddress(service: Service): string | undefined {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return ingress.length === 1 ? ingress[0]?.ip : undefined;
}

function wantsAddress({ service, loadBalancerClass }: World): boolean {
  if (service.metadata.deletionTimestamp !== undefined || service.spec.type !== "LoadBalancer") return false;
  const asked = service.spec.loadBalancerClass;
  return asked === undefined || asked === loadBalancerClass;
}

/** Takes back what was given. A Service of another class belongs to somebody else. */
function release(service: Service): Action[] {
  const finalizers = service.metadata.finalizers ?? [];
  if (!finalizers.includes(cleanupFinalizer)) return [];
  const actions: Action[] = [normal("DeletingLoadBalancer", "Deleting load balancer")];
  if ((service.status?.loadBalancer?.ingress ?? []).length > 0) actions.push({ type: "setIngress", ingress: [] });
  actions.push({ type: "removeFinalizer", finalizers: finalizers.filter((finalizer) => finalizer !== cleanupFinalizer) });
  actions.push(normal("DeletedLoadBalancer", "Deleted load balancer"));
  return actions;
}

function choose({ service, range, taken }: World, current: string | undefined): { ip: string } | { problem: string } {
  const wish = service.spec.loadBalancerIP ?? "";
  if (wish !== "") {
    if (!inRange(range, wish)) return { problem: `requested address ${wish} is outside the range of load balancer addresses` };
    return taken.has(wish) ? { problem: `requested address ${wish} is used by another Service` } : { ip: wish };
  }
  if (current !== undefined && inRange(range, current) && !taken.has(current)) return { ip: current };
  const ip = firstFree(range, taken);
  return ip === undefined ? { problem: "all load balancer addresses are in use" } : { ip };
}

function normal(reason: string, message: string): Action {
  return { type: "event", level: "Normal", reason, message };
}

function warning(reason: string, message: string): Action {
  return { type: "event", level: "Warning", reason, message };
}
