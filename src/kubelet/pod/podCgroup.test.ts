import { expect, test } from "vitest";
import type { Container } from "../../schema/shapes/core.v1.ts";
import { aPod } from "../../testing/objects.ts";
import { cgroupOf } from "./resources.ts";
import { podCgroup } from "./podCgroup.ts";

const container = (name: string, cpu: string, memory?: string, restartPolicy?: string): Container => ({
  name,
  image: "x",
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
  resources: { requests: { cpu }, limits: { cpu, ...(memory === undefined ? {} : { memory }) } },
});

test("a pod's group is named by its class and limited by what its containers may use together", () => {
  const containers = [container("a", "500m", "10Mi"), container("b", "250m", "10Mi")];
  const initContainers = [container("side", "100m", "10Mi", "Always"), container("init", "2", "5Mi")];
  const pod = aPod("web", { spec: { containers, initContainers } });
  const parent = `/kubepods/pod${pod.metadata.uid ?? ""}`;
  const mebi = 1 << 20;
  expect(podCgroup(pod)).toEqual({ parent, cpuShares: 2150, cpuQuotaMillis: 2100, memoryLimitBytes: 30 * mebi, pidsLimit: 4096 });
});

test("one container without a limit leaves the pod without", () => {
  const pod = aPod("web", { spec: { containers: [container("a", "1", "1Gi"), container("b", "1")] } });
  expect(podCgroup(pod)).toMatchObject({ cpuQuotaMillis: 2000, memoryLimitBytes: 0 });
});

test("what the pod says of itself goes before its containers", () => {
  const whole = { requests: { cpu: "500m", memory: "32Mi" }, limits: { cpu: "1", memory: "64Mi" } };
  const pod = aPod("web", { spec: { containers: [container("a", "250m"), { name: "b", image: "x" }], resources: whole } });
  expect(podCgroup(pod)).toMatchObject({ cpuShares: 512, cpuQuotaMillis: 1000, memoryLimitBytes: 64 << 20 });
  expect(podCgroup(pod).parent).toContain("/kubepods/burstable/pod");
  expect(cgroupOf(pod, { name: "b", image: "x" }, 1 << 30)).toMatchObject({ cpuQuotaMillis: 1000, memoryLimitBytes: 64 << 20 });
  expect(cgroupOf(pod, container("a", "250m"), 1 << 30)).toMatchObject({ cpuQuotaMillis: 250, memoryLimitBytes: 64 << 20 });
  const guaranteed = aPod("web", {
    spec: { containers: [{ name: "b", image: "x" }], resources: { requests: whole.limits, limits: whole.limits } },
  });
  expect(podCgroup(guaranteed).parent).toMatch(/^\/kubepods\/pod/);
});

test("classes have folders of their own, but for guaranteed pods", () => {
  const spec = (containers: Container[]): string => podCgroup(aPod("web", { spec: { containers } })).parent.replace(/\/pod[^/]*$/, "");
  expect(spec([{ name: "a", image: "x" }])).toBe("/kubepods/besteffort");
  const both = { cpu: "1", memory: "1Gi" };
  expect(spec([{ name: "a", image: "x", resources: { requests: both, limits: both } }])).toBe("/kubepods");
});
