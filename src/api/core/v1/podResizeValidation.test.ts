import { describe, expect, it } from "vitest";
import { Path } from "../../../machinery/field.ts";
import { fieldErrorText } from "../../../machinery/fieldErrors.ts";
import type { Container, Pod, PodSpec, ResourceRequirements } from "../../../schema/shapes/core.v1.ts";
import { created } from "../../../testing/kindCases.ts";
import { pod as podKind } from "./pod.ts";
import { validatePodResize } from "./podResizeValidation.ts";

const usual: ResourceRequirements = { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "200m", memory: "128Mi" } };

function aPod(spec: Partial<PodSpec> = {}, more: Partial<Pod> = {}): Pod {
  const container: Container = { name: "main", image: "x:1", resources: structuredClone(usual) };
  const object = { metadata: { name: "web", namespace: "default" }, spec: { containers: [container], ...spec } };
  const pod = created<Pod>(podKind, object);
  pod.metadata.resourceVersion = "1";
  return { ...pod, ...more, status: { qosClass: "Burstable", ...more.status } };
}

/** Errors after a change of the pod. */
function errorsOf(change: (pod: Pod) => void, before: Pod = aPod()): string[] {
  const next = structuredClone(before);
  change(next);
  return validatePodResize(next, before, Path.root("")).map(fieldErrorText);
}

const main = (pod: Pod): Container => pod.spec.containers[0] ?? { name: "" };

describe("a resize", () => {
  it("changes amounts of CPU and memory", () => {
    expect(
      errorsOf((pod) => (main(pod).resources = { requests: { cpu: "150m", memory: "32Mi" }, limits: { cpu: "1", memory: "1Gi" } })),
    ).toEqual([]);
    expect(errorsOf(() => undefined)).toEqual([]);
  });

  it("keeps the class of service", () => {
    expect(errorsOf((pod) => (main(pod).resources = { requests: usual.limits, limits: usual.limits }))).toEqual([
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ]);
  });

  it("removes nothing", () => {
    expect(errorsOf((pod) => (main(pod).resources = { requests: usual.requests, limits: { cpu: "200m" } }))).toEqual([
      "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
    ]);
    expect(errorsOf((pod) => (main(pod).resources = { requests: { cpu: "100m" }, limits: { cpu: "200m" } }))).toEqual([
      "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
      "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
    ]);
  });

  it("changes nothing else", () => {
    const only = "spec: Forbidden: only cpu and memory resources are mutable";
    expect(errorsOf((pod) => (main(pod).resources = { ...usual, limits: { ...usual.limits, "ephemeral-storage": "1Gi" } }))).toEqual([
      only,
    ]);
    expect(errorsOf((pod) => (main(pod).resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }]))).toEqual([only]);
    expect(errorsOf((pod) => (pod.spec.activeDeadlineSeconds = 5))).toEqual([only]);
    expect(errorsOf((pod) => (main(pod).name = "other"))).toEqual([
      "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize",
    ]);
  });

  it("of init containers: sidecars may be restarted for it, others not", () => {
    const policy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
    const init = (more: Partial<Container>): Pod => {
      const pod = aPod({ initContainers: [{ name: "init", image: "x:1", resources: structuredClone(usual) }] });
      Object.assign(pod.spec.initContainers?.[0] ?? {}, more);
      return pod;
    };
    const more = (pod: Pod): void =>
      void Object.assign(pod.spec.initContainers?.[0] ?? {}, { resources: { ...usual, limits: { cpu: "1", memory: "1Gi" } } });
    expect(errorsOf(more, init({}))).toEqual([]);
    expect(errorsOf(more, init({ restartPolicy: "Always", resizePolicy: policy }))).toEqual([]);
    expect(errorsOf(more, init({ resizePolicy: policy }))).toContain(
      "spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized",
    );
  });

  it("of the pod as a whole", () => {
    const whole = aPod({ resources: structuredClone(usual) });
    expect(errorsOf((pod) => (pod.spec.resources = { requests: usual.requests, limits: { cpu: "1", memory: "1Gi" } }), whole)).toEqual([]);
    expect(errorsOf((pod) => delete pod.spec.resources, whole)).toContain(
      "spec.resources: Forbidden: pod-level resources cannot be removed",
    );
    expect(errorsOf((pod) => (pod.spec.resources = { limits: usual.limits }), whole)).toContain(
      "spec.resources.requests: Forbidden: pod-level resource requests cannot be removed",
    );
  });

  it("is for pods that a node can resize", () => {
    const mirror = aPod({}, { metadata: { name: "web", namespace: "default", annotations: { "kubernetes.io/config.mirror": "x" } } });
    expect(errorsOf(() => undefined, mirror)).toEqual([": Forbidden: static pods cannot be resized"]);
    expect(errorsOf(() => undefined, aPod({ os: { name: "windows" } }))).toEqual([": Forbidden: windows pods cannot be resized"]);
    const state = { running: { startedAt: "2026-01-01T00:00:00Z" } };
    const status = { name: "main", image: "x:1", imageID: "", ready: true, restartCount: 0, state };
    expect(errorsOf(() => undefined, aPod({}, { status: { containerStatuses: [status] } }))).toEqual([
      "spec: Forbidden: Pod running on node without support for resize",
    ]);
    expect(errorsOf(() => undefined, aPod({}, { status: { containerStatuses: [{ ...status, resources: {} }] } }))).toEqual([]);
  });
});
