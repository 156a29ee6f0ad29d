/** Checks of the annotations that mean something to a pod. Upstream: pkg/apis/core/validation/validation.go (ValidatePodSpecificAnnotations) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid } from "../../../machinery/fieldErrors.ts";
import type { PodSpec } from "../../../schema/shapes/core.v1.ts";

type Annotations = Readonly<Record<string, string>>;

const mirrorKey = "kubernetes.io/config.mirror";
const deletionCostKey = "controller.kubernetes.io/pod-deletion-cost";
const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

export function validatePodAnnotations(annotations: Annotations = {}, spec: PodSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations[mirrorKey];
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(invalid(at.key(mirrorKey), mirror, "must set spec.nodeName if mirror pod annotation is set"));
  }
  const cost = annotations[deletionCostKey];
  if (cost !== undefined && !isInt32(cost)) errors.push(invalid(at.key(deletionCostKey), cost, "must be a 32bit integer"));
  return errors;
}

/** As Go reads one: no plus sign, no leading zeros. */
function isInt32(text: string): boolean {
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31;
}

/** What may not be added, changed or taken away once the pod is there. */
export function validatePodAnnotationUpdate(next: Annotations = {}, previous: Annotations = {}, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(previous)) {
    if (next[key] === value) continue;
    if (key.startsWith(appArmorPrefix)) errors.push(forbidden(at.key(key), "may not remove or update AppArmor annotations"));
    if (key === mirrorKey) errors.push(forbidden(at.key(key), "may not remove or update mirror pod annotation"));
  }
  for (const key of Object.keys(next)) {
    if (previous[key] !== undefined) continue;
    if (key.startsWith(appArmorPrefix)) errors.push(forbidden(at.key(key), "may not add AppArmor annotations"));
    if (key === mirrorKey) errors.push(forbidden(at.key(key), "may not add mirror pod annotation"));
  }
  return errors;
}
