/** HorizontalPodAutoscaler, in both versions. */
import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent } from "../../../testing/kindCases.ts";
import { horizontalPodAutoscaler as older } from "../v1/horizontalPodAutoscaler.ts";
import { horizontalPodAutoscaler } from "./horizontalPodAutoscaler.ts";

const now = "2026-01-01T00:00:00Z";
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const withSpec = (spec: Sent = {}): Sent => ({ spec: { scaleTargetRef, maxReplicas: 5, ...spec } });

it("aims at 80% of the CPU where nothing is said", () => {
  expect(created(horizontalPodAutoscaler, withSpec()).spec).toEqual({
    scaleTargetRef,
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
  });
});

it("fills the rules of a behaviour", () => {
  const { behavior } = created(horizontalPodAutoscaler, withSpec({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } })).spec;
  expect(behavior).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
  });
});

describe("validation", () => {
  it.each<[string, Sent, string[]]>([
    ["nothing to say", withSpec(), []],
    [
      "no room",
      withSpec({ maxReplicas: 0 }),
      [
        "spec.maxReplicas: Invalid value: 0: must be greater than 0",
        "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
      ],
    ],
    [
      "no target",
      withSpec({ scaleTargetRef: {} }),
      ["spec.scaleTargetRef.kind: Required value", "spec.scaleTargetRef.name: Required value"],
    ],
    [
      "a metric without its source",
      withSpec({ metrics: [{ type: "Pods" }] }),
      ["spec.metrics[0].pods: Required value: must populate information for the given metric source"],
    ],
    [
      "a share and an amount",
      withSpec({
        metrics: [
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 5, averageValue: "1" } } },
        ],
      }),
      ["spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization"],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(horizontalPodAutoscaler, sent)).toEqual(problems);
  });
});

it("shows what is measured", () => {
  const object = created(horizontalPodAutoscaler, withSpec());
  expect(rowOf(horizontalPodAutoscaler, object, now)).toMatchObject({
    Reference: "Deployment/web",
    Targets: "cpu: <unknown>/80%",
    MinPods: "1",
    MaxPods: 5,
  });
  object.status = {
    desiredReplicas: 2,
    currentReplicas: 2,
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 42 } } }],
  };
  expect(rowOf(horizontalPodAutoscaler, object, now)).toMatchObject({ Targets: "cpu: 42%/80%", Replicas: 2 });
});

describe("the older version", () => {
  it("is stored as the newer one, and comes back whole", () => {
    const stored = created(
      horizontalPodAutoscaler,
      withSpec({
        metrics: [
          { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } } },
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
        ],
      }),
    );
    const shown = older.storedAs?.fromStored(stored);
    expect(shown?.spec).toEqual({ scaleTargetRef, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 50 });
    const back = shown === undefined ? undefined : older.storedAs?.toStored(shown);
    expect(back).toMatchObject({ spec: { metrics: [{ resource: { name: "cpu" } }, { resource: { name: "memory" } }] } });
  });

  it("ignores what a client wrote where it keeps the rest", () => {
    const sent = {
      metadata: { annotations: { "autoscaling.alpha.kubernetes.io/v2": '{"metrics":7}' } },
      spec: { scaleTargetRef, maxReplicas: 2 },
    };
    expect(older.storedAs?.toStored(created(older, sent))).toMatchObject({ spec: { maxReplicas: 2 }, metadata: { annotations: {} } });
    expect(rowOf(older, created(older, sent), now)).toMatchObject({ Targets: "<none>", MaxPods: 2 });
  });
});
