import { expect, test } from "vitest";
import { configMap } from "../../api/core/v1/configMap.ts";
import { namespace } from "../../api/core/v1/namespace.ts";
import { pod } from "../../api/core/v1/pod.ts";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import type { DeleteOptions, ObjectMeta } from "../../schema/shapes/meta.v1.ts";
import { planDeletion } from "./delete.ts";

const now = Date.UTC(2026, 0, 1);
const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString().replace(".000", "");

interface Case {
  readonly what: string;
  readonly kind?: Kind;
  readonly object?: Partial<KubeObject> & { spec?: object };
  readonly meta?: Partial<ObjectMeta>;
  readonly options?: DeleteOptions;
  readonly step: string;
  readonly after?: Partial<ObjectMeta>;
}
const running = { spec: { nodeName: "n1", terminationGracePeriodSeconds: 30, containers: [] } };

const cases: readonly Case[] = [
  { what: "nothing in the way", step: "remove" },
  {
    what: "a finalizer",
    meta: { finalizers: ["a/b"], generation: 1 },
    step: "mark",
    after: { deletionTimestamp: at(0), deletionGracePeriodSeconds: 0, generation: 2 },
  },
  {
    what: "a finalizer, asked again",
    meta: { finalizers: ["a/b"], deletionTimestamp: at(-9), deletionGracePeriodSeconds: 0 },
    step: "pending",
  },
  { what: "foreground", options: { propagationPolicy: "Foreground" }, step: "mark", after: { finalizers: ["foregroundDeletion"] } },
  { what: "orphan", options: { propagationPolicy: "Orphan" }, step: "mark", after: { finalizers: ["orphan"] } },
  { what: "the old way to orphan", options: { orphanDependents: true }, step: "mark", after: { finalizers: ["orphan"] } },
  {
    what: "background takes back an earlier wish",
    meta: { finalizers: ["orphan"] },
    options: { propagationPolicy: "Background" },
    step: "remove",
  },
  { what: "a pod that nobody runs", kind: pod, object: { spec: { containers: [] } }, step: "remove" },
  {
    what: "a running pod",
    kind: pod,
    object: running,
    meta: { generation: 1 },
    step: "mark",
    after: { deletionTimestamp: at(30), deletionGracePeriodSeconds: 30, generation: 2 },
  },
  { what: "a running pod, by force", kind: pod, object: running, options: { gracePeriodSeconds: 0 }, step: "remove" },
  {
    what: "a terminating pod, asked again",
    kind: pod,
    object: running,
    meta: { deletionTimestamp: at(30), deletionGracePeriodSeconds: 30 },
    step: "pending",
  },
  {
    what: "a terminating pod, sooner",
    kind: pod,
    object: running,
    meta: { deletionTimestamp: at(30), deletionGracePeriodSeconds: 30 },
    options: { gracePeriodSeconds: 5 },
    step: "mark",
    after: { deletionTimestamp: at(5), deletionGracePeriodSeconds: 5 },
  },
  {
    what: "a terminating pod, sooner than what has passed",
    kind: pod,
    object: running,
    meta: { deletionTimestamp: at(10), deletionGracePeriodSeconds: 30 },
    options: { gracePeriodSeconds: 5 },
    step: "mark",
    after: { deletionTimestamp: at(0), deletionGracePeriodSeconds: 1 },
  },
  {
    what: "the kubelet is done",
    kind: pod,
    object: running,
    meta: { deletionTimestamp: at(30), deletionGracePeriodSeconds: 30 },
    options: { gracePeriodSeconds: 0 },
    step: "remove",
  },
  {
    what: "the kubelet is done, a finalizer is not",
    kind: pod,
    object: running,
    meta: { finalizers: ["a/b"], deletionTimestamp: at(30), deletionGracePeriodSeconds: 30 },
    options: { gracePeriodSeconds: 0 },
    step: "mark",
    after: { deletionGracePeriodSeconds: 0 },
  },
  {
    what: "a namespace",
    kind: namespace,
    object: { kind: "Namespace", spec: { finalizers: ["kubernetes"] } },
    step: "mark",
    after: { deletionTimestamp: at(0) },
  },
  {
    what: "an emptied namespace",
    kind: namespace,
    object: { kind: "Namespace", spec: {} },
    meta: { deletionTimestamp: at(-5) },
    step: "remove",
  },
];

test.each(cases)("$what", ({ kind = configMap, object = {}, meta = {}, options = {}, step, after = {} }) => {
  const given: KubeObject = { ...object, metadata: { name: "a", ...meta } };
  const plan = planDeletion(kind, given, options, now);
  expect(plan).toMatchObject(plan.step === "mark" ? { step, object: { metadata: after } } : { step });
});
