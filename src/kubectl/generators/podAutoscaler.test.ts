import { describe, expect, test } from "vitest";
import { podAutoscaler, targetOf } from "./podAutoscaler.ts";

describe("targets", () => {
  test.each([
    ["70%", "cpu", { type: "Utilization", averageUtilization: 70 }],
    ["500m", "cpu", { type: "AverageValue", averageValue: "500m" }],
    ["500", "cpu", { type: "AverageValue", averageValue: "500m" }],
    ["1000", "cpu", { type: "AverageValue", averageValue: "1" }],
    [" 0.5 ", "cpu", { type: "AverageValue", averageValue: "500u" }],
    ["200", "memory", { type: "AverageValue", averageValue: "200Mi" }],
    ["1.5", "memory", { type: "AverageValue", averageValue: "1536Ki" }],
    ["1Gi", "memory", { type: "AverageValue", averageValue: "1Gi" }],
  ] as const)("%s of %s", (text, resource, target) => {
    expect(targetOf(text, resource)).toEqual(target);
  });

  test.each([
    ["x%", "invalid percentage value: x"],
    ["-1%", "invalid percentage value: -1"],
    ["much", "invalid resource memory value: much"],
    [" ", "empty input"],
  ])("%j is refused", (text, message) => {
    expect(() => targetOf(text, "memory")).toThrow(message);
  });
});

test("what isn't asked for isn't set", () => {
  const target = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  const wish = { name: "web", namespace: undefined, target, min: -1, max: 3, cpuPercent: -1, cpu: "", memory: "" };
  expect(podAutoscaler(wish)).toEqual({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: { scaleTargetRef: target, maxReplicas: 3 },
    status: { desiredReplicas: 0, currentMetrics: null },
  });
  const all = podAutoscaler({ ...wish, namespace: "a", min: 2, cpuPercent: 80, memory: "1Gi" });
  expect(all.metadata).toEqual({ name: "web", namespace: "a" });
  expect(all["spec"]).toEqual({
    scaleTargetRef: target,
    minReplicas: 2,
    maxReplicas: 3,
    metrics: [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
      { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } } },
    ],
  });
});
