import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../../schema/shapes/meta.v1.ts";
import { conform } from "../../schema/conform.ts";
import { structOf } from "../../schema/structs.ts";
import type { JsonObject } from "../patch/jsonValue.ts";
import { ApiError } from "../status.ts";
import { applyConfiguration, managedAfterWrite, managedToStore, type ManagedObject } from "./fieldManager.ts";

const struct = structOf("apps/v1.Deployment");
const base = { apiVersion: "apps/v1", struct, subresource: "", kind: { kind: "Deployment", namespace: "default", name: "d" } };

type Live = ManagedObject & JsonObject;
interface Step {
  readonly force?: boolean;
  readonly now?: string;
  readonly subresource?: string;
}

const config = (rest: JsonObject): JsonObject => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, ...rest });

/** What the server does with an apply: merge, then decode again. */
function apply(live: Live | undefined, manager: string, rest: JsonObject, step: Step = {}): Live {
  const request = { ...base, manager, config: config(rest), force: false, now: "2026-01-01T00:00:00Z", ...step };
  return stored(settled(applyConfiguration(live, request), live), live);
}

/** A create or an update by somebody who knows nothing of apply. */
function write(live: Live | undefined, manager: string, rest: JsonObject, step: Step = {}): Live {
  const next = settled({ ...config({}), ...rest }, live);
  const managedFields = managedAfterWrite(live, next, { ...base, manager, now: "2026-01-01T00:00:00Z", ...step });
  return stored({ ...next, metadata: { ...next.metadata, ...(managedFields === undefined ? {} : { managedFields }) } }, live);
}

function stored(next: Live, live: Live | undefined): Live {
  if (live === undefined) return next;
  const { managedFields: _, ...metadata } = next.metadata;
  const kept = managedToStore(live, next);
  return { ...next, metadata: { ...metadata, ...(kept === undefined ? {} : { managedFields: kept }) } };
}

function settled(object: JsonObject, live: Live | undefined): Live {
  const canonical = conform(object, struct).object;
  const metadata: JsonObject = { ...Object(canonical["metadata"]), uid: live?.metadata.uid ?? "u" };
  return { ...canonical, metadata };
}

function refusal(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const ownersOf = (live: Live): (string | undefined)[] =>
  (live.metadata.managedFields ?? []).map((entry: ManagedFieldsEntry) => entry.manager);
const fieldsOf = (live: Live, manager: string): unknown =>
  live.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
function plain(live: Live): JsonObject {
  const { managedFields: _, ...metadata } = live.metadata;
  return { ...live, metadata };
}

const containers = (...list: JsonObject[]): JsonObject => ({ spec: { template: { spec: { containers: list } } } });

const port = (rest: JsonObject): JsonObject => containers({ name: "c", ports: [{ containerPort: 53, ...rest }] });
const limits = (cpu: string): JsonObject => containers({ name: "c", resources: { limits: { cpu } } });

describe("server-side apply", () => {
  test("creates, with the applied fields owned", () => {
    const live = apply(undefined, "helm", { metadata: { name: "d", labels: { app: "x" } }, ...containers({ name: "c", image: "i" }) });
    expect(live).toMatchObject({ metadata: { name: "d", labels: { app: "x" } } });
    expect(live.metadata.managedFields).toEqual([
      {
        manager: "helm",
        operation: "Apply",
        apiVersion: "apps/v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:metadata": { "f:labels": { "f:app": {} } },
          "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {} } } } } },
        },
      },
    ]);
  });

  test("a conflict names the manager and the field, one or many", () => {
    const live = write(undefined, "kubectl-client-side-apply", { spec: { replicas: 1, paused: true } });
    const one = refusal(() => apply(live, "helm", { spec: { replicas: 2 } }));
    expect(one.code).toBe(409);
    expect(one.message).toBe('Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas');
    expect(one.status.details?.causes).toEqual([
      { reason: "FieldManagerConflict", message: 'conflict with "kubectl-client-side-apply" using apps/v1', field: ".spec.replicas" },
    ]);
    const two = refusal(() => apply(live, "helm", { spec: { replicas: 2, paused: false } }));
    expect(two.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:\n- .spec.paused\n- .spec.replicas',
    );
    const applier = apply(undefined, "argo", { spec: { replicas: 1 } });
    expect(refusal(() => apply(applier, "helm", { spec: { replicas: 2 } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "argo": .spec.replicas',
    );
  });

  test("force takes the field over", () => {
    const live = apply(undefined, "argo", { spec: { replicas: 1, paused: true } });
    const taken = apply(live, "helm", { spec: { replicas: 2 } }, { force: true });
    expect(taken).toMatchObject({ spec: { replicas: 2, paused: true } });
    expect(fieldsOf(taken, "argo")).toEqual({ "f:spec": { "f:paused": {} } });
    expect(fieldsOf(taken, "helm")).toEqual({ "f:spec": { "f:replicas": {} } });
  });

  test("equal values are shared without conflict", () => {
    const live = apply(apply(undefined, "argo", { spec: { replicas: 1 } }), "helm", { spec: { replicas: 1 } });
    expect(ownersOf(live)).toEqual(["helm", "argo"]);
    const left = apply(live, "argo", { spec: { paused: true } });
    expect(left).toMatchObject({ spec: { replicas: 1, paused: true } });
    const gone = apply(left, "helm", {});
    expect(gone["spec"]).not.toHaveProperty("replicas");
  });

  test("what the applier leaves out is removed; what others own or nobody owns stays", () => {
    const first = apply(undefined, "helm", {
      metadata: { name: "d", labels: { a: "1", b: "2" } },
      ...containers({ name: "c", image: "i", args: ["x"] }, { name: "s" }),
    });
    const touched = write(first, "kubectl-label", {
      ...plain(first),
      metadata: { ...(plain(first)["metadata"] as object), labels: { a: "1", b: "2", mine: "3" } },
    });
    const second = apply(touched, "helm", { metadata: { name: "d", labels: { a: "1" } }, ...containers({ name: "c", image: "i" }) });
    expect(second).toMatchObject({ metadata: { labels: { a: "1", mine: "3" } } });
    expect(second["spec"]).toMatchObject({ template: { spec: { containers: [{ name: "c", image: "i" }] } } });
    expect(JSON.stringify(second)).not.toContain("args");
  });

  test("lists: live items keep their place, the configuration its order; atomic ones are taken whole", () => {
    const first = apply(undefined, "a", { ...containers({ name: "one" }, { name: "two" }) });
    const second = apply(first, "b", { ...containers({ name: "three" }, { name: "one", image: "i" }) });
    expect(JSON.stringify(second["spec"])).toMatch(/"name":"three".*"name":"one".*"name":"two"/);
    const atomic = apply(undefined, "a", { spec: { selector: { matchLabels: { x: "1" } } } });
    expect(refusal(() => apply(atomic, "b", { spec: { selector: { matchLabels: { y: "1" } } } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "a": .spec.selector',
    );
  });

  test("ports are told apart by number and protocol, with the protocol's default", () => {
    const first = apply(undefined, "a", port({ protocol: "UDP" }));
    const second = apply(first, "b", port({ name: "dns" }));
    expect(JSON.stringify(second["spec"])).toContain('"ports":[{"containerPort":53,"protocol":"UDP"},{"name":"dns","containerPort":53}]');
    expect(fieldsOf(second, "b")).toMatchObject({
      "f:spec": {
        "f:template": {
          "f:spec": { "f:containers": { 'k:{"name":"c"}': { "f:ports": { 'k:{"containerPort":53,"protocol":"TCP"}': {} } } } },
        },
      },
    });
  });

  test("scalars in another form are no change", () => {
    const live = apply(undefined, "a", limits("500m"));
    expect(() => apply(live, "b", limits("0.5"))).not.toThrow();
  });

  test("status can't be owned through the object, nor the rest through status", () => {
    const live = apply(undefined, "a", { spec: { replicas: 1 }, status: { replicas: 1 } });
    expect(fieldsOf(live, "a")).toEqual({ "f:spec": { "f:replicas": {} } });
    const status = write(live, "controller", { ...plain(live), status: { replicas: 2 } }, { subresource: "status" });
    expect(status.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: "controller", subresource: "status", fieldsV1: { "f:status": { "f:replicas": {} } } }),
    );
  });

  test("an object that nobody managed belongs to before-first-apply", () => {
    const live: Live = settled(config({ spec: { replicas: 1 } }), undefined);
    const applied = apply(live, "helm", { spec: { paused: true } });
    expect(ownersOf(applied)).toEqual(["helm", "before-first-apply"]);
    expect(fieldsOf(applied, "before-first-apply")).toMatchObject({ "f:spec": { "f:replicas": {} } });
  });

  test.each<[JsonObject, string]>([
    [
      config({ spec: { foo: 1 } }),
      "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema",
    ],
    [
      config({ spec: { replicas: "x" } }),
      "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string",
    ],
    [
      config({ spec: { a: 1, b: 1 } }),
      "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in schema",
    ],
    [
      config(containers({ name: "c" }, { name: "c" })),
      'failed to create typed patch object (default/d; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="c"]',
    ],
    [{ ...config({}), kind: "Pod" }, "invalid object type: apps/v1, Kind=Pod"],
    [
      { ...config({}), apiVersion: "apps/v2" },
      "Incorrect version specified in apply patch. Specified patch version: apps/v2, expected: apps/v1",
    ],
    [config({ metadata: { name: "d", managedFields: [] } }), "metadata.managedFields must be nil"],
  ])("%j is a 400", (bad, message) => {
    const error = refusal(() => applyConfiguration(undefined, { ...base, manager: "m", config: bad, force: false, now: "t" }));
    expect(error.code).toBe(400);
    expect(error.message).toBe(message);
  });

  test("kubectl moves an object over from client-side apply without conflicts, and keeps its annotation true", () => {
    const last = config({ spec: { replicas: 1 } });
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(last) };
    const live = write(undefined, "kubectl-client-side-apply", { metadata: { name: "d", annotations }, spec: { replicas: 1 } });
    expect(refusal(() => apply(live, "helm", { spec: { replicas: 2 } })).code).toBe(409);
    const moved = apply(live, "kubectl", { spec: { replicas: 2 } });
    expect(moved).toMatchObject({ spec: { replicas: 2 } });
    const kept = moved.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"];
    expect(kept).toBe('{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":2}}\n');
    const drifted = write(live, "scaler", { ...plain(live), spec: { replicas: 5 } });
    expect(refusal(() => apply(drifted, "kubectl", { spec: { replicas: 2 } })).message).toContain(
      'conflict with "scaler" using apps/v1: .spec.replicas',
    );
  });
});

describe("other writes", () => {
  test("a create owns what it set, as upstream writes it: structs that are always there are nobody's", () => {
    const labels = { app: "web" };
    const live = write(undefined, "kubectl-create", {
      metadata: { name: "d", labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        strategy: { rollingUpdate: { maxSurge: 1 }, type: "RollingUpdate" },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, protocol: "TCP" }] }] },
        },
      },
    });
    expect(fieldsOf(live, "kubectl-create")).toEqual({
      "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
      "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {} }, "f:type": {} },
        "f:template": {
          "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
          "f:spec": {
            "f:containers": {
              'k:{"name":"c"}': {
                ".": {},
                "f:image": {},
                "f:name": {},
                "f:ports": { ".": {}, 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} } },
                "f:resources": {},
              },
            },
          },
        },
      },
    });
  });

  test("a create is its writer's, an update takes over what it changes", () => {
    const created = write(undefined, "kubectl-create", { spec: { replicas: 1, paused: true } }, { now: "2026-01-01T00:00:01Z" });
    const updated = write(
      created,
      "scaler",
      { ...plain(created), spec: { ...Object(plain(created)["spec"]), replicas: 2 } },
      { now: "2026-01-01T00:00:02Z" },
    );
    expect(ownersOf(updated)).toEqual(["kubectl-create", "scaler"]);
    expect(fieldsOf(updated, "scaler")).toEqual({ "f:spec": { "f:replicas": {} } });
    expect(JSON.stringify(fieldsOf(updated, "kubectl-create"))).not.toContain("f:replicas");
  });

  test("nothing changed, nobody's time moves", () => {
    const created = write(undefined, "a", { spec: { replicas: 1 } });
    const again = write(created, "b", plain(created), { now: "2026-02-02T00:00:00Z" });
    expect(again.metadata.managedFields).toEqual(created.metadata.managedFields);
  });

  test("a client may clear managedFields, and from then on nobody is tracked", () => {
    const created = write(undefined, "a", { spec: { replicas: 1 } });
    const cleared = { ...plain(created), metadata: { ...Object(plain(created)["metadata"]), managedFields: [{}] } };
    expect(managedAfterWrite(created, { ...cleared, metadata: cleared.metadata }, { ...base, manager: "b", now: "t" })).toBeUndefined();
  });

  test("no more than ten updaters are told apart", () => {
    let live = write(undefined, "m0", { spec: { replicas: 0 } });
    for (let i = 1; i <= 14; i += 1) {
      const now = `2026-01-01T00:00:${String(i).padStart(2, "0")}Z`;
      const labels = { ...live.metadata.labels, [`l${i}`]: "x" };
      live = write(live, `m${i}`, { ...plain(live), metadata: { ...Object(plain(live)["metadata"]), labels } }, { now });
    }
    expect(ownersOf(live)).toHaveLength(10);
    expect(ownersOf(live)).toContain("ancient-changes");
  });
});

describe("properties", () => {
  const value = fc.constantFrom("1", "2");
  const aSpecOf = (name: fc.Arbitrary<string>) =>
    fc.record(
      {
        replicas: fc.integer({ min: 0, max: 3 }),
        paused: fc.constant(true),
        selector: fc.record({ matchLabels: fc.dictionary(name, value, { minKeys: 1 }) }),
        strategy: fc.record({ type: fc.constantFrom("Recreate", "RollingUpdate") }),
        template: fc.record({
          spec: fc.record({
            containers: fc.uniqueArray(
              fc.record(
                { name, image: value, env: fc.uniqueArray(fc.record({ name, value }), { selector: (e) => e.name }) },
                { requiredKeys: ["name"] },
              ),
              { selector: (c) => c.name },
            ),
          }),
        }),
      },
      { requiredKeys: [] },
    );
  const aConfigOf = (name: fc.Arbitrary<string>) =>
    fc.record({
      metadata: fc.record(
        { name: fc.constant("d"), labels: fc.dictionary(name, value), annotations: fc.dictionary(name, value) },
        { requiredKeys: ["name"] },
      ),
      spec: aSpecOf(name),
    });
  const aConfig = aConfigOf(fc.constantFrom("a", "b", "c"));
  const another = aConfigOf(fc.constantFrom("c", "d", "e"));

  test("applying twice changes nothing", () => {
    fc.assert(
      fc.property(aConfig, aConfig, (first, second) => {
        const live = apply(apply(undefined, "other", first), "me", second, { force: true });
        const again = apply(live, "me", second, { now: "2026-02-02T00:00:00Z" });
        expect(again).toEqual(live);
      }),
    );
  });

  test("disjoint managers commute", () => {
    const mine = fc.record({
      metadata: fc.record({ name: fc.constant("d"), labels: fc.dictionary(fc.constantFrom("m1", "m2"), value, { minKeys: 1 }) }),
      spec: fc.record({ replicas: fc.integer({ min: 1, max: 3 }) }),
    });
    const theirs = fc.record({
      metadata: fc.record({ name: fc.constant("d"), labels: fc.dictionary(fc.constantFrom("t1", "t2"), value, { minKeys: 1 }) }),
      spec: fc.record({ paused: fc.constant(true) }),
    });
    fc.assert(
      fc.property(mine, theirs, (a, b) => {
        const one = apply(apply(undefined, "a", a), "b", b);
        const other = apply(apply(undefined, "b", b), "a", a);
        expect(plain(one)).toEqual(plain(other));
        expect(one.metadata.managedFields).toEqual(other.metadata.managedFields);
      }),
    );
  });

  test("removal gives back the former object", () => {
    fc.assert(
      fc.property(aConfig, another, (others, mine) => {
        const before = apply(undefined, "others", others);
        const with_ = attempt(() => apply(before, "me", mine));
        const after = with_ === undefined ? before : apply(with_, "me", {});
        expect(sortedLists(plain(after))).toEqual(sortedLists(plain(before)));
        expect(fieldsOf(after, "others")).toEqual(fieldsOf(before, "others"));
      }),
    );
  });

  test("whoever forces owns what it applied, and has it", () => {
    fc.assert(
      fc.property(aConfig, aConfig, (first, second) => {
        const live = apply(apply(undefined, "first", first), "second", second, { force: true });
        expect(Object(live["spec"]).replicas).toBe(second.spec.replicas ?? first.spec.replicas);
        expect(() => apply(live, "second", second)).not.toThrow();
      }),
    );
  });
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Items of lists by their names: where others' items go between is nobody's. */
function sortedLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedLists).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, sortedLists(v)]));
}
