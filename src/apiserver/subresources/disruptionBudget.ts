/**
 * Whether a disruption budget lets a pod be evicted, and the note in its status that one more is on its way out.
 * Upstream: pkg/registry/core/pod/storage/eviction.go (checkAndDecrement)
 */
import { isPodReady } from "../../machinery/pods.ts";
import { selectorOf } from "../../machinery/selectors.ts";
import { ApiError, failure, forbidden } from "../../machinery/status.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { PodDisruptionBudget } from "../../schema/shapes/policy.v1.ts";
import type { Registry, WriteContext } from "../registry/resource.ts";
import { statusRules, updateObject } from "../registry/update.ts";
import { listPrefix } from "../storage/keys.ts";

const maxDisruptedPods = 2_000;
const budgets = { group: "policy", plural: "poddisruptionbudgets" };

/** Throws 429 when the pod must stay for now. Gives whether the pod must not change before it is deleted. */
export async function spendBudget(registry: Registry, pod: Pod, write: WriteContext): Promise<{ readonly pinned: boolean }> {
  const found = await budgetsOf(registry, pod);
  const [budget] = found;
  if (budget === undefined) return { pinned: false };
  if (found.length > 1) {
    throw failure(500, "", "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  }
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  // A pod that isn't ready doesn't count among the healthy ones.
  if (!isPodReady(pod) && currentHealthy >= desiredHealthy && desiredHealthy > 0) return { pinned: true };
  const resource = registry.resource(budgets.group, budgets.plural);
  await updateObject(registry, resource, {
    ...write,
    namespace: pod.metadata.namespace ?? "",
    name: budget.metadata.name,
    rules: statusRules,
    transform: (current) => decremented(current as PodDisruptionBudget, pod, rfc3339(registry.clock.now())),
  });
  return { pinned: false };
}

async function budgetsOf(registry: Registry, pod: Pod): Promise<PodDisruptionBudget[]> {
  await registry.feed.fresh();
  const { kind, cache } = registry.resource(budgets.group, budgets.plural);
  return cache
    .range(listPrefix(kind, pod.metadata.namespace ?? ""))
    .map((stored) => stored.object as PodDisruptionBudget)
    .filter((budget) => selects(budget, pod));
}

function selects(budget: PodDisruptionBudget, pod: Pod): boolean {
  try {
    const selector = selectorOf(budget.spec?.selector);
    return !selector.empty && selector.matches(pod.metadata.labels);
  } catch {
    return false; // an invalid selector matches nothing
  }
}

function decremented(budget: PodDisruptionBudget, pod: Pod, now: string): PodDisruptionBudget {
  const { status, metadata } = budget;
  const { name } = metadata;
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw violates(10, `The disruption budget ${name} is still being processed by the server.`);
  }
  const { disruptionsAllowed, disruptedPods = {}, desiredHealthy, currentHealthy } = status;
  const who = { group: "policy", plural: "poddisruptionbudget" };
  if (disruptionsAllowed < 0) throw forbidden(who, name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > maxDisruptedPods) {
    throw forbidden(who, name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (disruptionsAllowed === 0) {
    throw violates(0, `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
  }
  budget.status = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [pod.metadata.name]: now },
  };
  return budget;
}

/** 429, which drain waits on. */
export function violates(retryAfterSeconds: number, cause: string): ApiError {
  const causes = [{ reason: "DisruptionBudget", message: cause }];
  const details = { causes, ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) };
  const error = failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", details);
  return retryAfterSeconds === 0 ? error : error.withHeaders({ "retry-after": String(retryAfterSeconds) });
}
