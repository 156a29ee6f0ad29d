/** StatefulSet, DaemonSet and ControllerRevision. */
import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { controllerRevision } from "./controllerRevision.ts";
import { daemonSet } from "./daemonSet.ts";
import { statefulSet } from "./statefulSet.ts";

const now = "2026-01-01T00:00:00Z";
const container = { name: "c", image: "i:1", volumeMounts: [{ name: "data", mountPath: "/data" }] };
const claim = { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } };
const selector = { matchLabels: { app: "db" } };
const withContainer = (one: Sent): Sent => ({ metadata: { labels: { app: "db" } }, spec: { containers: [one] } });

const aStatefulSet = (spec: Sent = {}): Sent => ({
  spec: { serviceName: "db", selector, template: withContainer(container), volumeClaimTemplates: [claim], ...spec },
});

describe("StatefulSet", () => {
  it("starts its pods in order and keeps their storage", () => {
    const { spec, status } = created(statefulSet, aStatefulSet());
    expect(spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      volumeClaimTemplates: [
        { apiVersion: "v1", kind: "PersistentVolumeClaim", spec: { volumeMode: "Filesystem" }, status: { phase: "Pending" } },
      ],
    });
    expect(status).toEqual({ replicas: 0, availableReplicas: 0 });
  });

  it.each<[string, Sent, string[]]>([
    ["a claim that containers mount", aStatefulSet(), []],
    [
      "a mount of nothing",
      aStatefulSet({ volumeClaimTemplates: [] }),
      ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      "a policy that nobody knows",
      aStatefulSet({ podManagementPolicy: "Random" }),
      ["spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      "a rolling update on delete",
      aStatefulSet({ updateStrategy: { type: "OnDelete", rollingUpdate: {} } }),
      ["spec.updateStrategy.rollingUpdate: Invalid value: {}: only allowed for updateStrategy 'RollingUpdate'"],
    ],
    ["everything", aStatefulSet({ selector: {} }), ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"]],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(statefulSet, sent)).toEqual(problems);
  });

  it("may change only what doesn't move its pods", () => {
    expect(updateProblems(statefulSet, aStatefulSet(), ({ spec }) => (spec.replicas = 3))).toEqual([]);
    expect(updateProblems(statefulSet, aStatefulSet(), ({ spec }) => (spec.serviceName = "other"))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  it("shows how many of its pods serve", () => {
    const object = {
      ...created(statefulSet, aStatefulSet({ replicas: 3 })),
      status: { replicas: 2, readyReplicas: 1, availableReplicas: 1 },
    };
    expect(rowOf(statefulSet, object, now)).toMatchObject({ Ready: "1/3", Containers: "c", Images: "i:1" });
    expect(statefulSet.scale?.read(object)).toEqual({ replicas: 3, statusReplicas: 2, selector: "app=db" });
  });
});

describe("DaemonSet", () => {
  const plain = withContainer({ name: "c", image: "i:1" });
  const aSet = (updateStrategy?: Sent): Sent => ({ spec: { selector, template: plain, updateStrategy } });
  const at = "spec.updateStrategy.rollingUpdate";

  it.each<[string, Sent, string[]]>([
    ["the defaults", aSet(), []],
    ["surging instead", aSet({ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }), []],
    [
      "both at once",
      aSet({ rollingUpdate: { maxSurge: "10%" } }),
      [`${at}.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero`],
    ],
    ["neither", aSet({ rollingUpdate: { maxUnavailable: 0 } }), [`${at}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`]],
    [
      "another strategy",
      aSet({ type: "Magic" }),
      ['spec.updateStrategy: Unsupported value: {"type":"Magic"}: supported values: "RollingUpdate", "OnDelete"'],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(daemonSet, sent)).toEqual(problems);
  });

  it("replaces one pod at a time where nothing is said", () => {
    expect(created(daemonSet, aSet()).spec.updateStrategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    expect(rowOf(daemonSet, created(daemonSet, aSet()), now)).toMatchObject({ Desired: 0, "Node Selector": "<none>", Selector: "app=db" });
  });
});

it("ControllerRevision: says whose state it is, and never changes", () => {
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "d", uid: "u", controller: true };
  const sent = { metadata: { ownerReferences: [owner] }, data: { a: 1 }, revision: 2 };
  expect(rowOf(controllerRevision, created(controllerRevision, sent), now)).toMatchObject({ Controller: "daemonset.apps/d", Revision: 2 });
  expect(createProblems(controllerRevision, { revision: -1 })).toEqual([
    "data: Required value: data is mandatory",
    "revision: Invalid value: -1: must be greater than or equal to 0",
  ]);
  expect(updateProblems(controllerRevision, sent, (object) => (object.data = { a: 2 }))).toEqual([
    'data: Invalid value: {"a":2}: field is immutable',
  ]);
});
