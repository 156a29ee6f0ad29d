import { describe, expect, it } from "vitest";
import type { Deployment } from "../../../schema/shapes/apps.v1.ts";
import { created, createProblems, rowOf, statusProblems, updated, updateProblems } from "../../../testing/kindCases.ts";
import { deployment } from "./deployment.ts";

const hello = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "hello", namespace: "default" },
  spec: {
    selector: { matchLabels: { app: "hello" } },
    template: {
      metadata: { labels: { app: "hello" } },
      spec: { containers: [{ name: "hello", image: "kelseyhightower/hello:1.0.0", resources: { limits: { cpu: 0.2, memory: "10Mi" } } }] },
    },
  },
};

const withSpec = (spec: Record<string, unknown>) => ({ ...hello, spec: { ...hello.spec, ...spec } });
const withTemplate = (spec: Record<string, unknown>, labels: Record<string, string> = { app: "hello" }) =>
  withSpec({ template: { metadata: { labels }, spec: { ...hello.spec.template.spec, ...spec } } });

describe("defaults", () => {
  it("are upstream's", () => {
    expect(created(deployment, hello)).toEqual({
      ...hello,
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "hello" } },
        template: {
          metadata: { labels: { app: "hello" } },
          spec: {
            containers: [
              {
                name: "hello",
                image: "kelseyhightower/hello:1.0.0",
                resources: { limits: { cpu: "200m", memory: "10Mi" } },
                terminationMessagePath: "/dev/termination-log",
                terminationMessagePolicy: "File",
                imagePullPolicy: "IfNotPresent",
              },
            ],
            restartPolicy: "Always",
            terminationGracePeriodSeconds: 30,
            dnsPolicy: "ClusterFirst",
            securityContext: {},
            schedulerName: "default-scheduler",
          },
        },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
      status: {},
    });
  });

  it("leave a Recreate strategy alone", () => {
    expect(created(deployment, withSpec({ strategy: { type: "Recreate" } })).spec.strategy).toEqual({ type: "Recreate" });
  });
});

describe("validation", () => {
  it("takes the lab's", () => {
    expect(createProblems(deployment, hello)).toEqual([]);
  });

  it.each([
    ["no selector", withSpec({ selector: undefined }), ["spec.selector: Required value"]],
    [
      "a selector that finds everything",
      withSpec({ selector: {} }),
      ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ],
    [
      "a template without the selector's labels",
      withTemplate({}, { app: "other" }),
      ['spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`'],
    ],
    ["too few replicas", withSpec({ replicas: -1 }), ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
    [
      "pods that end",
      withTemplate({ restartPolicy: "Never" }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      "pods with a deadline",
      withTemplate({ activeDeadlineSeconds: 5 }),
      ["spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"],
    ],
    ["no containers", withTemplate({ containers: [] }), ["spec.template.spec.containers: Required value"]],
    ["no image", withTemplate({ containers: [{ name: "a" }] }), ["spec.template.spec.containers[0].image: Required value"]],
    [
      "a strategy that nobody knows",
      withSpec({ strategy: { type: "Canary" } }),
      ['spec.strategy: Unsupported value: {"type":"Canary"}: supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      "Recreate with a rolling update",
      withSpec({ strategy: { type: "Recreate", rollingUpdate: { maxSurge: 1 } } }),
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      "an update that may do nothing",
      withSpec({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      "more than all unavailable",
      withSpec({ strategy: { rollingUpdate: { maxUnavailable: "101%" } } }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      "a share that is no share",
      withSpec({ strategy: { rollingUpdate: { maxSurge: "some" } } }),
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"some\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      "a deadline before a pod can count",
      withSpec({ minReadySeconds: 600 }),
      ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
    ],
  ])("refuses %s", (_, sent, problems) => {
    expect(createProblems(deployment, sent)).toEqual(problems);
  });

  it("gives all the problems at once", () => {
    const sent = { ...withSpec({ replicas: -1, revisionHistoryLimit: -2 }), metadata: { name: "Not_A_Name", namespace: "default" } };
    expect(createProblems(deployment, sent)).toHaveLength(3);
  });

  it("never lets the selector change", () => {
    const labels = { app: "hello", track: "x" };
    const problems = updateProblems(deployment, hello, ({ spec }: Deployment) => {
      spec.selector = { matchLabels: labels };
      spec.template.metadata = { labels };
    });
    expect(problems).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"hello","track":"x"}}: field is immutable']);
  });

  it.each([
    [
      "more ready than there are",
      { replicas: 1, readyReplicas: 2 },
      ["status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"],
    ],
    [
      "more available than ready",
      { replicas: 2, readyReplicas: 1, availableReplicas: 2 },
      ["status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas"],
    ],
    [
      "less than none",
      { replicas: 0, updatedReplicas: -1 },
      ["status.updatedReplicas: Invalid value: -1: must be greater than or equal to 0"],
    ],
  ])("refuses a status with %s", (_, status, problems) => {
    const before = created(deployment, hello);
    expect(statusProblems(deployment, before, (object) => Object.assign(object, { status }))).toEqual(problems);
  });
});

describe("updates", () => {
  it("keep the status, and count as a change of spec when spec or annotations change", () => {
    const before = { ...created(deployment, hello), status: { replicas: 3 } };
    const same = updated(deployment, before, (object) => Object.assign(object, { status: {} }));
    expect(same.status).toEqual({ replicas: 3 });
    expect(deployment.specChanged?.(same, before)).toBe(false);
    const scaled = updated(deployment, before, (object) => (object.spec.replicas = 5));
    expect(deployment.specChanged?.(scaled, before)).toBe(true);
    const noted = updated(deployment, before, (object) => (object.metadata.annotations = { "kubernetes.io/change-cause": "x" }));
    expect(deployment.specChanged?.(noted, before)).toBe(true);
    const labelled = updated(deployment, before, (object) => (object.metadata.labels = { a: "b" }));
    expect(deployment.specChanged?.(labelled, before)).toBe(false);
  });

  it("scale through the sub-resource", () => {
    const object = { ...created(deployment, hello), status: { replicas: 2 } };
    expect(deployment.scale?.read(object)).toEqual({ replicas: 1, statusReplicas: 2, selector: "app=hello" });
    deployment.scale?.write(object, 5);
    expect(object.spec.replicas).toBe(5);
  });
});

it("shows what kubectl get shows", () => {
  const object = created(deployment, { ...hello, metadata: { ...hello.metadata, creationTimestamp: "2026-01-01T00:00:00Z" } });
  object.status = { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 };
  object.spec.replicas = 3;
  expect(rowOf(deployment, object, "2026-01-01T00:02:05Z")).toEqual({
    Ready: "2/3",
    "Up-to-date": 3,
    Available: 2,
    Age: "2m5s",
    Containers: "hello",
    Images: "kelseyhightower/hello:1.0.0",
    Selector: "app=hello",
  });
});
