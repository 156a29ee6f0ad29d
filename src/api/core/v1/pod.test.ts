import { describe, expect, it } from "vitest";
import { type FieldError, Path } from "../../../machinery/field.ts";
import { fieldErrorText } from "../../../machinery/fieldErrors.ts";
import type { EphemeralContainer, Pod } from "../../../schema/shapes/core.v1.ts";
import { created, statusProblems, updateProblems } from "../../../testing/kindCases.ts";
import { pod } from "./pod.ts";
import { validateEphemeralContainersUpdate } from "./podUpdateValidation.ts";

type Json = Record<string, unknown>;
const container = (parts: Json = {}): Json => ({ name: "main", image: "nginx:1.9.14", ...parts });
const withContainer = (parts: Json): Json => ({ spec: { containers: [container(parts)] } });
const withSpec = (spec: Json): Json => ({ spec: { containers: [container()], ...spec } });

describe("defaults", () => {
  it("are upstream's", () => {
    expect(created(pod, { ...withSpec({}), metadata: { name: "web", namespace: "default" } })).toEqual({
      metadata: { name: "web", namespace: "default" },
      spec: {
        containers: [
          {
            name: "main",
            image: "nginx:1.9.14",
            resources: {},
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
        enableServiceLinks: true,
      },
      status: { phase: "Pending", qosClass: "BestEffort" },
    });
  });

  it.each([
    ["nginx", "Always"],
    ["nginx:latest", "Always"],
    ["nginx:1.9", "IfNotPresent"],
    ["localhost:5000/team/app", "Always"],
    ["localhost:5000/team/app:2", "IfNotPresent"],
    [`nginx@sha256:${"a".repeat(64)}`, "IfNotPresent"],
    ["not an image", "IfNotPresent"],
  ])("pull %s %s", (image, policy) => {
    expect(created(pod, withContainer({ image })).spec.containers[0]?.imagePullPolicy).toBe(policy);
  });

  it("fill probes, handlers, ports and environment", () => {
    const made = created(
      pod,
      withContainer({
        ports: [{ containerPort: 80 }],
        env: [
          { name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "B", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
        ],
        livenessProbe: { httpGet: { port: 81 } },
        lifecycle: { preStop: { httpGet: { path: "/bye", port: "http", scheme: "HTTPS" } } },
      }),
    ).spec.containers[0];
    expect(made?.ports).toEqual([{ containerPort: 80, protocol: "TCP" }]);
    expect(made?.env).toEqual([
      { name: "A", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
      { name: "B", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "0" } } },
    ]);
    expect(made?.livenessProbe).toEqual({
      httpGet: { path: "/", port: 81, scheme: "HTTP" },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(made?.lifecycle?.preStop?.httpGet).toEqual({ path: "/bye", port: "http", scheme: "HTTPS" });
  });

  it("ask for as much as is allowed where nothing else is asked for", () => {
    const made = created(pod, withContainer({ resources: { limits: { cpu: 1, memory: "1Gi" }, requests: { cpu: "100m" } } }));
    expect(made.spec.containers[0]?.resources).toEqual({
      limits: { cpu: "1", memory: "1Gi" },
      requests: { cpu: "100m", memory: "1Gi" },
    });
  });

  it("fill volumes", () => {
    const made = created(
      pod,
      withSpec({
        volumes: [
          { name: "a" },
          { name: "b", configMap: { name: "x" } },
          { name: "c", secret: { secretName: "x" } },
          { name: "d", hostPath: { path: "/x" } },
          { name: "e", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
        ],
      }),
    );
    expect(made.spec.volumes).toEqual([
      { name: "a", emptyDir: {} },
      { name: "b", configMap: { name: "x", defaultMode: 420 } },
      { name: "c", secret: { secretName: "x", defaultMode: 420 } },
      { name: "d", hostPath: { path: "/x", type: "" } },
      { name: "e", projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3600 } }] } },
    ]);
  });

  it.each([
    ["newer", { serviceAccountName: "a", serviceAccount: "b" }, "a"],
    ["older", { serviceAccount: "b" }, "b"],
  ])("take the %s name of the service account for both", (_, names, name) => {
    expect(created(pod, withSpec(names)).spec).toMatchObject({ serviceAccountName: name, serviceAccount: name });
  });

  it("hold a gated pod back", () => {
    expect(created(pod, withSpec({ schedulingGates: [{ name: "example.com/x" }] })).status?.conditions).toEqual([
      {
        type: "PodScheduled",
        status: "False",
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      },
    ]);
  });

  it("write matchLabelKeys into the selectors beside them", () => {
    const term = { topologyKey: "zone", matchLabelKeys: ["v"], labelSelector: { matchLabels: { app: "x" } } };
    const made = created(pod, {
      metadata: { labels: { v: "1" } },
      ...withSpec({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } }),
    });
    expect(made.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector).toEqual({
      matchLabels: { app: "x" },
      matchExpressions: [{ key: "v", operator: "In", values: ["1"] }],
    });
  });
});

describe("quality of service", () => {
  const limits = { cpu: "1", memory: "1Gi" };
  it.each([
    ["BestEffort", {}],
    ["Burstable", { requests: { cpu: "100m" } }],
    ["Burstable", { limits: { cpu: "1" } }],
    ["Burstable", { limits, requests: { cpu: "500m", memory: "1Gi" } }],
    ["Guaranteed", { limits }],
    ["Guaranteed", { limits, requests: { cpu: "1000m", memory: "1024Mi" } }],
  ])("is %s for %j", (qos, resources) => {
    expect(created(pod, withContainer({ resources })).status?.qosClass).toBe(qos);
  });
});

describe("updates", () => {
  const web = withSpec({ nodeName: "n1", tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute" }] });

  it("may change images, deadlines and add tolerations", () => {
    const problems = updateProblems(pod, web, ({ spec }: Pod) => {
      for (const one of spec.containers) one.image = "nginx:2";
      spec.activeDeadlineSeconds = 5;
      spec.tolerations?.push({ key: "b", operator: "Exists" });
    });
    expect(problems).toEqual([]);
  });

  it("name what else has changed", () => {
    const [text = "", ...rest] = updateProblems(pod, web, (object) => (object.spec.hostname = "other"));
    expect(rest).toEqual([]);
    expect(text).toContain(
      "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n",
    );
    expect(text).toContain('+ \thostname: "other"');
  });

  it("may not add a container, take a toleration away or set back a deadline", () => {
    expect(updateProblems(pod, web, ({ spec }) => spec.containers.push({ name: "b", image: "b", resources: {} }))).toEqual([
      "spec.containers: Forbidden: pod updates may not add or remove containers",
    ]);
    expect(updateProblems(pod, web, ({ spec }) => (spec.tolerations = []))).toEqual([
      "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
    ]);
    const limited = withSpec({ activeDeadlineSeconds: 5 });
    expect(updateProblems(pod, limited, ({ spec }) => (spec.activeDeadlineSeconds = 6))).toEqual([
      "spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value",
    ]);
  });

  it("let gates be lifted and nodes be narrowed while a pod is gated, never gates be added", () => {
    const gated = withSpec({ schedulingGates: [{ name: "a.b/c" }] });
    expect(updateProblems(pod, gated, ({ spec }) => (spec.nodeSelector = { zone: "x" }))).toEqual([]);
    expect(updateProblems(pod, gated, ({ spec }) => delete spec.schedulingGates)).toEqual([]);
    expect(updateProblems(pod, gated, ({ spec }) => spec.schedulingGates?.push({ name: "d.e/f" }))).toEqual([
      "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'd.e/f'",
    ]);
  });

  it("count as changes of spec only when the spec changes", () => {
    const before = created(pod, web);
    expect(pod.specChanged?.(structuredClone(before), before)).toBe(false);
    expect(pod.specChanged?.({ ...before, spec: { ...before.spec, activeDeadlineSeconds: 1 } }, before)).toBe(true);
  });

  it("never revive a container that has ended for good", () => {
    const before = created(pod, withSpec({ restartPolicy: "OnFailure" }));
    const status = { name: "main", ready: false, restartCount: 0, image: "", imageID: "" };
    before.status = { containerStatuses: [{ ...status, state: { terminated: { exitCode: 0 } } }] };
    const revive = (object: Pod): void => {
      object.status = { containerStatuses: [{ ...status, state: { running: {} } }] };
    };
    expect(statusProblems(pod, before, revive)).toEqual([
      "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
    ]);
    expect(statusProblems(pod, before, (object) => (object.spec.nodeName = "n2"))).toEqual([
      "status.nodeName: Forbidden: may not be changed directly",
    ]);
  });
});

function texts(errors: readonly FieldError[]): string[] {
  return errors.map(fieldErrorText);
}

describe("sub-resources", () => {
  const at = Path.root("");
  const before = created(pod, withSpec({ nodeName: "n1" }));
  before.metadata.resourceVersion = "1";
  const debug = { name: "debug", image: "busybox:1", targetContainerName: "main" };
  const debugged = (one: Json): Pod => {
    const next = structuredClone(before);
    next.spec.ephemeralContainers = [one as unknown as EphemeralContainer];
    pod.setDefaults(next);
    return next;
  };

  it("take containers to debug with, and keep them", () => {
    const next = debugged(debug);
    expect(texts(validateEphemeralContainersUpdate(next, before, at))).toEqual([]);
    expect(texts(validateEphemeralContainersUpdate(before, next, at))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
    ]);
    expect(texts(validateEphemeralContainersUpdate(debugged({ ...debug, image: "busybox:2" }), next, at))[0]).toMatch(
      /^spec\.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\n/,
    );
  });

  it("take nothing else with them", () => {
    const odd = debugged({ ...debug, ports: [{ containerPort: 80 }], targetContainerName: "other" });
    expect(texts(validateEphemeralContainersUpdate(odd, before, at))).toEqual([
      'spec.ephemeralContainers[0].targetContainerName: Not found: "other"',
      "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
    ]);
  });
});

describe("deletion", () => {
  it.each<[string, Json, { phase: string; asked?: number; seconds: number }]>([
    ["as long as the pod says", { nodeName: "n1" }, { phase: "Running", seconds: 30 }],
    ["as long as asked", { nodeName: "n1" }, { phase: "Running", asked: 5, seconds: 5 }],
    ["at once when nobody runs it", {}, { phase: "Pending", asked: 60, seconds: 0 }],
    ["at once when it has ended", { nodeName: "n1" }, { phase: "Succeeded", asked: 60, seconds: 0 }],
    ["a moment when less than none is asked", { nodeName: "n1" }, { phase: "Running", asked: -1, seconds: 1 }],
  ])("waits %s", (_, spec, { phase, asked, seconds }) => {
    const object = { ...created(pod, withSpec(spec)), status: { phase } };
    expect(pod.gracePeriodSeconds?.(object, asked)).toBe(seconds);
  });
});

it("can be selected by its fields", () => {
  const object = created(pod, withSpec({ nodeName: "n1", hostNetwork: true }));
  object.status = { phase: "Running", podIP: "10.0.0.1" };
  const values = Object.fromEntries(Object.entries(pod.selectableFields ?? {}).map(([field, read]) => [field, read(object)]));
  expect(values).toEqual({
    "spec.nodeName": "n1",
    "spec.restartPolicy": "Always",
    "spec.schedulerName": "default-scheduler",
    "spec.serviceAccountName": "",
    "spec.hostNetwork": "true",
    "status.phase": "Running",
    "status.podIP": "10.0.0.1",
    "status.nominatedNodeName": "",
  });
});
