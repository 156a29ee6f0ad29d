/** Checks of a pod's lists of containers. Upstream: pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, notFound, required } from "../../../machinery/fieldErrors.ts";
import type { Container, PodSpec } from "../../../schema/shapes/core.v1.ts";
import {
  type PodContext,
  validateContainer,
  validateDebugFields,
  validateHostPorts,
  validateImageForm,
  validateRestartRules,
} from "./containerValidation.ts";
import { validateLifecycle, validateProbes } from "./probeValidation.ts";

/** `at`: the path of the pod's spec. */
export function validateAllContainers(spec: PodSpec, pod: PodContext, at: Path): FieldError[] {
  return [
    ...validateMain(spec.containers, pod, at.child("containers")),
    ...validateInit(spec, pod, at.child("initContainers")),
    ...validateEphemeral(spec, pod, at.child("ephemeralContainers")),
  ];
}

function validateMain(containers: readonly Container[], pod: PodContext, at: Path): FieldError[] {
  if (containers.length === 0) return [required(at)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, i) => {
    const here = at.index(i);
    const found = validateContainer(container, pod, here);
    if (names.has(container.name)) found.push(duplicate(here.child("name"), container.name));
    names.add(container.name);
    return [...found, ...validateRunning(container, pod, here), ...validateRestartRules(container, here)];
  });
  return [...errors, ...validateHostPorts(containers, at)];
}

/** What only containers have that keep running. */
function validateRunning(container: Container, pod: PodContext, at: Path): FieldError[] {
  const lifecycle = container.lifecycle;
  const errors = lifecycle === undefined ? [] : validateLifecycle(lifecycle, pod.gracePeriod, at.child("lifecycle"));
  return [...errors, ...validateProbes(container, at)];
}

function validateInit(spec: PodSpec, pod: PodContext, at: Path): FieldError[] {
  const names = new Set(spec.containers.map(({ name }) => name));
  return (spec.initContainers ?? []).flatMap((container, i) => {
    const here = at.index(i);
    const errors = [...validateContainer(container, pod, here), ...validateRestartRules(container, here)];
    if (names.has(container.name)) errors.push(duplicate(here.child("name"), container.name));
    else if (container.name !== "") names.add(container.name);
    errors.push(...validateHostPorts([container], at));
    if (container.restartPolicy === "Always") return [...errors, ...validateRunning(container, pod, here)];
    return [...errors, ...validateOneShot(container, here)];
  });
}

function validateOneShot(container: Container, at: Path): FieldError[] {
  const errors = (["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(at.child(field), "may not be set for init containers without restartPolicy=Always"));
  const resizePolicy = container.resizePolicy ?? [];
  if (resizePolicy.length > 0) errors.push(invalid(at.child("resizePolicy"), resizePolicy, "must not be set for init containers"));
  return errors;
}

function validateEphemeral(spec: PodSpec, pod: PodContext, at: Path): FieldError[] {
  const others = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return (spec.ephemeralContainers ?? []).flatMap((container, i) => {
    const here = at.index(i);
    const errors = [...validateContainer(container, pod, here), ...validateImageForm(container, here)];
    if (names.has(container.name)) errors.push(duplicate(here.child("name"), container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(notFound(here.child("targetContainerName"), target));
    return [...errors, ...validateDebugFields(container, here)];
  });
}
