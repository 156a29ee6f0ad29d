/**
 * What the resize sub-resource may change: CPU and memory of containers and of the pod as a whole, within the class of service.
 * Upstream: pkg/apis/core/validation/validation.go (ValidatePodResize)
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid } from "../../../machinery/fieldErrors.ts";
import type { Container, Pod, PodSpec, ResourceRequirements } from "../../../schema/shapes/core.v1.ts";
import { semanticEqual } from "../../equal.ts";
import { qosClassOf } from "./podQos.ts";
import { validateMetaAndWhole } from "./podUpdateValidation.ts";

type Amounts = Readonly<Record<string, string>> | undefined;

export function validatePodResize(next: Pod, previous: Pod, at: Path): FieldError[] {
  if (previous.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
    return [forbidden(at, "static pods cannot be resized")];
  }
  if (previous.spec.os?.name === "windows") return [forbidden(at, "windows pods cannot be resized")];
  const specAt = at.child("spec");
  const errors = [...validateMetaAndWhole(next, previous, at), ...validateClass(next, previous, specAt)];
  if (!nodeSupportsResize(previous)) errors.push(forbidden(specAt, "Pod running on node without support for resize"));
  errors.push(...validateWholeResize(next.spec, previous.spec, specAt));
  const order = [
    ...validateOrder(next.spec, previous.spec, "containers", specAt),
    ...validateOrder(next.spec, previous.spec, "initContainers", specAt),
  ];
  if (order.length > 0) return [...errors, ...order];
  errors.push(...validateNothingRemoved(next.spec, previous.spec, specAt), ...validateOnlyAmounts(next.spec, previous.spec, specAt));
  if (errors.length > 0 || semanticEqual(asBefore(next.spec, previous.spec), previous.spec)) return errors;
  return [forbidden(specAt, "only cpu and memory resources are mutable")];
}

function validateClass(next: Pod, previous: Pod, specAt: Path): FieldError[] {
  if ((previous.status?.qosClass ?? qosClassOf(previous)) === qosClassOf(next)) return [];
  return [invalid(specAt, next.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing")];
}

/** A node that can resize tells of each running container's resources. */
function nodeSupportsResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function validateWholeResize(next: PodSpec, previous: PodSpec, specAt: Path): FieldError[] {
  if (!saysAny(next.resources) && !saysAny(previous.resources)) return [];
  const at = specAt.child("resources");
  if (previous.resources !== undefined && next.resources === undefined) return [forbidden(at, "pod-level resources cannot be removed")];
  const errors = removedErrors(next.resources, previous.resources, at, "pod-level resource");
  if (semanticEqual(othersAsBefore(next.resources, previous.resources), previous.resources)) return errors;
  return [...errors, forbidden(specAt, "only cpu and memory resources are mutable at pod-level")];
}

function saysAny(resources: ResourceRequirements | undefined): boolean {
  return Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;
}

function validateOrder(next: PodSpec, previous: PodSpec, list: "containers" | "initContainers", specAt: Path): FieldError[] {
  const [now = [], before = []] = [next[list], previous[list]];
  const at = specAt.child(list);
  if (now.length !== before.length) return [forbidden(at, `${list} may not be added or removed on resize`)];
  return before.flatMap(({ name }, i) => {
    if (now[i]?.name === name) return [];
    return [forbidden(at.index(i).child("name"), `${list} may not be renamed or reordered on resize`)];
  });
}

function validateNothingRemoved(next: PodSpec, previous: PodSpec, specAt: Path): FieldError[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (previous[list] ?? []).flatMap((before, i) =>
      removedErrors(next[list]?.[i]?.resources, before.resources, specAt.child(list).index(i).child("resources"), "resource"),
    ),
  );
}

function removedErrors(
  next: ResourceRequirements | undefined,
  previous: ResourceRequirements | undefined,
  at: Path,
  what: string,
): FieldError[] {
  return (["requests", "limits"] as const).flatMap((list) => {
    const removed = Object.keys(previous?.[list] ?? {}).some((name) => next?.[list]?.[name] === undefined);
    return removed ? [forbidden(at.child(list), `${what} ${list} cannot be removed`)] : [];
  });
}

function validateOnlyAmounts(next: PodSpec, previous: PodSpec, specAt: Path): FieldError[] {
  const errors: FieldError[] = [];
  next.containers.forEach((container, i) => {
    const before = previous.containers[i];
    if (before === undefined || semanticEqual(containerAsBefore(container, before), before)) return;
    errors.push(forbidden(specAt, "only cpu and memory resources are mutable"));
  });
  next.initContainers?.forEach((container, i) => {
    const before = previous.initContainers?.[i];
    if (before === undefined) return;
    const at = specAt.child("initContainers").index(i);
    if (!semanticEqual(containerAsBefore(container, before), before)) {
      errors.push(forbidden(at, "only cpu and memory resources for init or sidecar containers are mutable"));
    }
    const restarts = container.resizePolicy?.some(({ restartPolicy }) => restartPolicy === "RestartContainer") === true;
    if (!restarts || container.restartPolicy === "Always" || semanticEqual(container, before)) return;
    errors.push(forbidden(at, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"));
  });
  return errors;
}

/** With what may change put back. */
function asBefore(next: PodSpec, previous: PodSpec): PodSpec {
  return {
    ...next,
    containers: next.containers.map((container, i) => containerAsBefore(container, previous.containers[i])),
    initContainers: next.initContainers?.map((container, i) => containerAsBefore(container, previous.initContainers?.[i])),
    resources: othersAsBefore(next.resources, previous.resources),
  };
}

function containerAsBefore(container: Container, before: Container | undefined): Container {
  return { ...container, resources: othersAsBefore(container.resources, before?.resources) };
}

function othersAsBefore(
  next: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
): ResourceRequirements | undefined {
  if (next === undefined) return before === undefined ? undefined : {};
  return { ...next, requests: amountsAsBefore(next.requests, before?.requests), limits: amountsAsBefore(next.limits, before?.limits) };
}

function amountsAsBefore(next: Amounts, before: Amounts): Record<string, string> {
  const others = Object.entries(next ?? {}).filter(([name]) => name !== "cpu" && name !== "memory");
  const own = Object.entries(before ?? {}).filter(([name]) => name === "cpu" || name === "memory");
  return Object.fromEntries([...others, ...own]);
}
