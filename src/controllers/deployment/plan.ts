/**
 * What to do next about a Deployment: a pure function of what is observed. Each plan is one step; the change that it makes brings the next one.
 * Upstream: pkg/controller/deployment/{deployment_controller,sync}.go
 */
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Action } from "./action.ts";
import type { Observed } from "./observe.ts";
import { isScalingEvent, planScale } from "./proportional.ts";
import { planRecreate } from "./recreate.ts";
import { heldReplicas, historyLimitOf, isObserved, isRolling, maxSurgeOf, sum, wantedReplicas } from "./replicas.ts";
import { compareAge, currentAnnotations, newReplicaSetFor, revisionOf, sameAnnotations } from "./revisions.ts";
import { currentReplicas, planRolling } from "./rolling.ts";

export function plan(observed: Observed): Action[] {
  const { deployment, current, old } = observed;
  if (deployment.metadata.deletionTimestamp !== undefined) return [];
  if (current !== undefined) {
    const annotations = currentAnnotations(deployment, current, old);
    const minReadySecondsDiffer = (current.spec.minReadySeconds ?? 0) !== (deployment.spec.minReadySeconds ?? 0);
    if (minReadySecondsDiffer || !sameAnnotations(annotations, current.metadata.annotations ?? {})) {
      return [{ type: "annotate", replicaSet: current, annotations }];
    }
  }
  if (deployment.spec.paused === true) return [...withRoom(observed, planScale(observed)), ...cleanUp(deployment, old)];
  if (isScalingEvent(observed)) {
    const resizes = withRoom(observed, planScale(observed));
    // With Recreate and several active ReplicaSets nothing is scaled in proportion: the rollout goes on to its end.
    if (resizes.length > 0 || isRolling(deployment)) return resizes;
  }
  const steps = isRolling(deployment) ? rolling(observed) : planRecreate(observed);
  return steps.length === 0 && isComplete(deployment) ? cleanUp(deployment, old) : steps;
}

function rolling(observed: Observed): Action[] {
  const { deployment, current, old, replicaSets } = observed;
  if (current !== undefined) return planRolling(observed, current);
  const bare = newReplicaSetFor(deployment, old);
  const replicas = currentReplicas(deployment, bare, [...replicaSets, bare]);
  return [{ type: "create", replicaSet: { ...bare, spec: { ...bare.spec, replicas } } }];
}

/** Lets scaling up wait while pods of ReplicaSets that were scaled down are still there; with Recreate, until they have ended. */
function withRoom({ deployment, replicaSets, current, oldPodsRunning }: Observed, actions: Action[]): Action[] {
  const mixes = (action: Action): boolean => !isRolling(deployment) && oldPodsRunning && action.replicaSet === current;
  if (actions.some((action) => grows(action) && mixes(action))) return actions.filter((action) => !grows(action));
  const growth = sum(actions, (action) => (grows(action) ? action.replicas - wantedReplicas(action.replicaSet) : 0));
  const room = wantedReplicas(deployment) + maxSurgeOf(deployment) - sum(replicaSets, heldReplicas);
  if (growth === 0 || (growth <= room && replicaSets.every(isObserved))) return actions;
  return actions.filter((action) => !grows(action));
}

function grows(action: Action): action is Extract<Action, { type: "scale" }> {
  return action.type === "scale" && action.replicas > wantedReplicas(action.replicaSet);
}

/** The rollout is over, as far as the Deployment's own status knows. */
function isComplete(deployment: Deployment): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = deployment.status ?? {};
  const wanted = wantedReplicas(deployment);
  return (
    updatedReplicas === wanted &&
    replicas === wanted &&
    availableReplicas === wanted &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

/** The oldest revisions beyond the history limit, if nothing is left of them. */
function cleanUp(deployment: Deployment, old: readonly ReplicaSet[]): Action[] {
  const limit = historyLimitOf(deployment);
  if (limit === undefined) return [];
  const alive = old.filter((replicaSet) => replicaSet.metadata.deletionTimestamp === undefined);
  const surplus = alive.sort((a, b) => revisionOf(a) - revisionOf(b) || compareAge(a, b)).slice(0, Math.max(0, alive.length - limit));
  const empty = surplus.filter((replicaSet) => heldReplicas(replicaSet) === 0 && isObserved(replicaSet));
  return empty.map((replicaSet) => ({ type: "delete", replicaSet }));
}
