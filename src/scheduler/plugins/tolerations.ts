/** Taints and what tolerates them. Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go */
import type { Taint, Toleration } from "../../schema/shapes/core.v1.ts";

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => toleratesOne(toleration, taint));
}

function toleratesOne({ effect = "", key = "", operator = "", value = "" }: Toleration, taint: Taint): boolean {
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  return (operator === "" || operator === "Equal") && value === (taint.value ?? "");
}

/** A taint that keeps the pod away, if any does. */
export function untoleratedTaint(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] | undefined): Taint | undefined {
  return taints?.find((taint) => (taint.effect === "NoSchedule" || taint.effect === "NoExecute") && !tolerates(tolerations, taint));
}
