/**
 * Which parts of a pod may change after it was made. Upstream: pkg/apis/core/validation/validation.go (ValidatePodUpdate,
 * ValidatePodEphemeralContainersUpdate)
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid } from "../../../machinery/fieldErrors.ts";
import type { Container, Pod, PodSchedulingGate, PodSpec, Toleration } from "../../../schema/shapes/core.v1.ts";
import { differences } from "../../differences.ts";
import { semanticEqual } from "../../equal.ts";
import { validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateNodeChange } from "./gatedPodValidation.ts";
import { validatePodAnnotationUpdate } from "./podAnnotations.ts";
import { qosClassOf } from "./podQos.ts";
import { validateWhole } from "./podValidation.ts";
import { validateTolerations } from "./taintValidation.ts";

const maxInt32 = 2_147_483_647;
const changeable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

export function validatePodUpdate(next: Pod, previous: Pod, at: Path): FieldError[] {
  const errors = validateMetaAndWhole(next, previous, at);
  const specAt = at.child("spec");
  const resized = (["containers", "initContainers"] as const).find((list) => count(next.spec[list]) !== count(previous.spec[list]));
  if (resized !== undefined) return [...errors, forbidden(specAt.child(resized), "pod updates may not add or remove containers")];
  const deadline = validateDeadline(next.spec.activeDeadlineSeconds, previous.spec.activeDeadlineSeconds, specAt);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(
    ...validateAddedTolerations(next.spec.tolerations ?? [], previous.spec.tolerations ?? [], specAt.child("tolerations")),
    ...validateRemovedGates(next.spec.schedulingGates ?? [], previous.spec.schedulingGates ?? [], specAt.child("schedulingGates")),
  );
  if (semanticEqual(next.spec, previous.spec)) return errors;
  const qos = previous.status?.qosClass ?? qosClassOf(previous);
  if (qos !== qosClassOf(next)) errors.push(invalid(at.child("metadata"), next.status?.qosClass ?? "", "Pod QoS is immutable"));
  return [...errors, ...validateUnchanged(next, previous, specAt)];
}

function count(containers: readonly Container[] | undefined): number {
  return containers?.length ?? 0;
}

export function validateMetaAndWhole(next: Pod, previous: Pod, at: Path): FieldError[] {
  const metaAt = at.child("metadata");
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, metaAt),
    ...validateWhole(next, at),
    ...validatePodAnnotationUpdate(next.metadata.annotations, previous.metadata.annotations, metaAt.child("annotations")),
  ];
}

interface Deadline {
  readonly errors: FieldError[];
  readonly stop: boolean;
}

/** May be set, and brought forward; never taken back. */
function validateDeadline(next: number | undefined, previous: number | undefined, specAt: Path): Deadline {
  const at = specAt.child("activeDeadlineSeconds");
  if (next === undefined) {
    const text = "must not update from a positive integer to nil value";
    return { errors: previous === undefined ? [] : [invalid(at, null, text)], stop: false };
  }
  if (next < 0 || next > maxInt32) return { errors: [invalid(at, next, `must be between 0 and ${maxInt32}, inclusive`)], stop: true };
  if (previous === undefined || next <= previous) return { errors: [], stop: false };
  return { errors: [invalid(at, next, "must be less than or equal to previous value")], stop: true };
}

function validateAddedTolerations(next: readonly Toleration[], previous: readonly Toleration[], at: Path): FieldError[] {
  const kept = previous.every((old) => next.some((now) => semanticEqual({ ...old, tolerationSeconds: now.tolerationSeconds }, now)));
  if (!kept) return [forbidden(at, "existing toleration can not be modified except its tolerationSeconds")];
  return validateTolerations(next, at);
}

function validateRemovedGates(next: readonly PodSchedulingGate[], previous: readonly PodSchedulingGate[], at: Path): FieldError[] {
  const known = new Set(previous.map(({ name }) => name));
  return next.flatMap(({ name }, i) => {
    if (known.has(name)) return [];
    return [forbidden(at.index(i).child("name"), `only deletion is allowed, but found new scheduling gate '${name}'`)];
  });
}

/** Puts back what may change, then nothing else may differ. */
function validateUnchanged(next: Pod, previous: Pod, at: Path): FieldError[] {
  const masked: PodSpec = {
    ...next.spec,
    containers: withImagesOf(next.spec.containers, previous.spec.containers),
    initContainers: withImagesOf(next.spec.initContainers ?? [], previous.spec.initContainers ?? []),
    activeDeadlineSeconds: previous.spec.activeDeadlineSeconds,
    schedulingGates: previous.spec.schedulingGates,
    tolerations: previous.spec.tolerations,
  };
  const grace = previous.spec.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && masked.terminationGracePeriodSeconds === 1) masked.terminationGracePeriodSeconds = grace;
  const gated = (previous.spec.schedulingGates ?? []).length > 0;
  const errors = gated ? validateNodeChange(masked, previous.spec, at) : [];
  if (semanticEqual(masked, previous.spec)) return errors;
  const what = differences(previous.spec, masked, "core.PodSpec");
  return [...errors, forbidden(at, `pod updates may not change fields other than ${changeable}\n${what}`)];
}

function withImagesOf(containers: readonly Container[], previous: readonly Container[]): Container[] {
  return containers.map((container, i) => ({ ...container, image: previous[i]?.image }));
}

/** For the ephemeralcontainers sub-resource: containers may only be added. */
export function validateEphemeralContainersUpdate(next: Pod, previous: Pod, at: Path): FieldError[] {
  if (previous.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
    return [forbidden(at, "static pods do not support ephemeral containers")];
  }
  const errors = validateMetaAndWhole(next, previous, at);
  const listAt = at.child("spec", "ephemeralContainers");
  for (const old of previous.spec.ephemeralContainers ?? []) {
    const now = next.spec.ephemeralContainers?.find(({ name }) => name === old.name);
    const name = `existing ephemeral containers "${old.name}"`;
    if (now === undefined) errors.push(forbidden(listAt, `${name} may not be removed\n`));
    else if (!semanticEqual(now, old)) {
      errors.push(forbidden(listAt, `${name} may not be changed\n${differences(old, now, "core.EphemeralContainer")}`));
    }
  }
  return errors;
}
