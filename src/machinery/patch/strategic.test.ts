import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { structOf } from "../../schema/structs.ts";
import type { JsonObject } from "./jsonValue.ts";
import { applyStrategicMergePatch } from "./strategic.ts";
import { createThreeWayMergePatch, createTwoWayMergePatch } from "./strategicDiff.ts";

const deployment = structOf("apps/v1.Deployment");
const pod = structOf("core/v1.Pod");
const service = structOf("core/v1.Service");

const podWith = (spec: JsonObject): JsonObject => ({ spec });

describe("applying", () => {
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "maps merge, null deletes",
      { nodeSelector: { a: "1", b: "2" } },
      { nodeSelector: { a: null, c: "3" } },
      { nodeSelector: { b: "2", c: "3" } },
    ],
    [
      "lists merge by key",
      {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "1" },
        ],
      },
      { containers: [{ name: "b", image: "2" }] },
      {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "2" },
        ],
      },
    ],
    [
      "new items come first, as upstream puts them",
      { containers: [{ name: "a" }] },
      { containers: [{ name: "z", image: "2" }] },
      { containers: [{ name: "z", image: "2" }, { name: "a" }] },
    ],
    [
      "an item is deleted by directive",
      { containers: [{ name: "a" }, { name: "b" }] },
      { containers: [{ name: "a", $patch: "delete" }] },
      { containers: [{ name: "b" }] },
    ],
    [
      "a list is replaced by directive",
      { containers: [{ name: "a" }] },
      { containers: [{ $patch: "replace" }, { name: "b" }] },
      { containers: [{ name: "b" }] },
    ],
    [
      "a map is replaced by directive",
      { nodeSelector: { a: "1" } },
      { nodeSelector: { $patch: "replace", b: "2" } },
      { nodeSelector: { b: "2" } },
    ],
    ["a map is cleared by directive", { nodeSelector: { a: "1" } }, { nodeSelector: { $patch: "delete" } }, { nodeSelector: {} }],
    [
      "lists without a merge strategy are replaced",
      { tolerations: [{ key: "a" }], containers: [{ name: "c", args: ["1", "2"] }] },
      { tolerations: [{ key: "b" }], containers: [{ name: "c", args: ["3"] }] },
      { tolerations: [{ key: "b" }], containers: [{ name: "c", args: ["3"] }] },
    ],
    [
      "the order that the patch asks for",
      { containers: [{ name: "a" }, { name: "b" }, { name: "server" }] },
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "a", image: "2" }] },
      { containers: [{ name: "b" }, { name: "a", image: "2" }, { name: "server" }] },
    ],
    [
      "what the server added keeps its place",
      { containers: [{ name: "server" }, { name: "a" }, { name: "b" }] },
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }, { name: "c" }], containers: [{ name: "c" }] },
      { containers: [{ name: "server" }, { name: "b" }, { name: "a" }, { name: "c" }] },
    ],
    [
      "retainKeys clears the other members of a union",
      { volumes: [{ name: "v", emptyDir: {} }] },
      { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }] },
      { volumes: [{ name: "v", hostPath: { path: "/x" } }] },
    ],
    [
      "directives inside what is new disappear",
      {},
      {
        containers: [
          { name: "a", $patch: "delete" },
          { name: "b", image: null, ports: [] },
        ],
      },
      { containers: [{ name: "b", ports: [] }] },
    ],
  ])("%s", (_, live, patch, expected) => {
    const before = structuredClone(live);
    expect(applyStrategicMergePatch(podWith(live), podWith(patch), pod)).toEqual(podWith(expected));
    expect(live).toEqual(before);
  });

  test("lists of scalars merge as sets, and lose what a deletion list names", () => {
    const live = { metadata: { finalizers: ["a", "b", "c"] } };
    expect(applyStrategicMergePatch(live, { metadata: { finalizers: ["d", "a"] } }, pod)).toEqual({
      metadata: { finalizers: ["d", "a", "b", "c"] },
    });
    const patch = { metadata: { "$deleteFromPrimitiveList/finalizers": ["b"], "$setElementOrder/finalizers": ["c", "a"] } };
    expect(applyStrategicMergePatch(live, patch, pod)).toEqual({ metadata: { finalizers: ["c", "a"] } });
  });

  test("ports merge by port number alone", () => {
    const live = { spec: { ports: [{ port: 80, protocol: "TCP", nodePort: 30000 }] } };
    expect(applyStrategicMergePatch(live, { spec: { ports: [{ port: 80, name: "web" }] } }, service)).toEqual({
      spec: { ports: [{ port: 80, protocol: "TCP", nodePort: 30000, name: "web" }] },
    });
  });

  test.each<[JsonObject, string]>([
    [{ containers: [{ image: "x" }] }, 'map: {"image":"x"} does not contain declared merge key: name'],
    [{ containers: [{ $patch: "delete" }] }, 'map: {"$patch":"delete"} does not contain declared merge key: name'],
    [{ nodeSelector: { $patch: "frob" } }, 'unknown patch type: "frob" in map: {"$patch":"frob"}'],
    [{ containers: ["x"] }, 'list element types are not identical: [[{"name":"a"}],["x"]]'],
    [{ volumes: [{ name: "v", $retainKeys: ["name"], emptyDir: {} }] }, "invalid patch format of retainKeys"],
    [{ "$setElementOrder/containers": "x" }, "invalid patch format of setElementOrder list"],
    [
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "a" }, { name: "b" }] },
      'The order in patch list:\n[{"name":"a"},{"name":"b"}]\n doesn\'t match $setElementOrder list:\n[{"name":"b"},{"name":"a"}]\n',
    ],
  ])("%j is refused", (patch, message) => {
    const live = podWith({ containers: [{ name: "a" }], nodeSelector: { a: "1" }, volumes: [{ name: "v" }] });
    expect(() => applyStrategicMergePatch(live, podWith(patch), pod)).toThrow(message);
  });
});

describe("making", () => {
  const original = {
    spec: {
      replicas: 2,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } },
      template: { spec: { containers: [{ name: "a", image: "1", env: [{ name: "X", value: "1" }] }, { name: "b" }] } },
    },
  };

  test("the smallest patch with its directives", () => {
    const modified = {
      spec: {
        replicas: 3,
        strategy: { type: "Recreate" },
        template: { spec: { containers: [{ name: "a", image: "2", env: [{ name: "Y", value: "2" }] }] } },
      },
    };
    expect(createTwoWayMergePatch(original, modified, deployment)).toEqual({
      spec: {
        replicas: 3,
        strategy: { $retainKeys: ["type"], type: "Recreate", rollingUpdate: null },
        template: {
          spec: {
            "$setElementOrder/containers": [{ name: "a" }],
            containers: [
              {
                name: "a",
                image: "2",
                "$setElementOrder/env": [{ name: "Y" }],
                env: [
                  { name: "Y", value: "2" },
                  { name: "X", $patch: "delete" },
                ],
              },
              { name: "b", $patch: "delete" },
            ],
          },
        },
      },
    });
  });

  test("nothing for no change", () => {
    expect(createTwoWayMergePatch(original, structuredClone(original), deployment)).toEqual({});
  });

  test("lists of scalars", () => {
    const patch = createTwoWayMergePatch({ metadata: { finalizers: ["a", "b"] } }, { metadata: { finalizers: ["b", "c"] } }, pod);
    expect(patch).toEqual({
      metadata: { finalizers: ["c"], "$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b", "c"] },
    });
  });

  test("three-way: what others set stays, what was dropped goes, what drifted comes back", () => {
    const last = {
      metadata: { annotations: { mine: "1" } },
      spec: { replicas: 2, template: { spec: { containers: [{ name: "a", image: "1" }, { name: "gone" }] } } },
    };
    const modified = { metadata: { annotations: {} }, spec: { template: { spec: { containers: [{ name: "a", image: "1" }] } } } };
    const current = {
      metadata: { annotations: { mine: "1", theirs: "2" } },
      spec: {
        replicas: 5,
        template: {
          spec: { containers: [{ name: "a", image: "drifted", imagePullPolicy: "Always" }, { name: "gone" }, { name: "sidecar" }] },
        },
      },
    };
    const patch = createThreeWayMergePatch(last, modified, current, deployment);
    expect(patch).toEqual({
      metadata: { annotations: { mine: null } },
      spec: {
        replicas: null,
        template: {
          spec: {
            "$setElementOrder/containers": [{ name: "a" }],
            containers: [
              { name: "a", image: "1" },
              { name: "gone", $patch: "delete" },
            ],
          },
        },
      },
    });
    expect(applyStrategicMergePatch(current, patch, deployment)).toEqual({
      metadata: { annotations: { theirs: "2" } },
      spec: { template: { spec: { containers: [{ name: "a", image: "1", imagePullPolicy: "Always" }, { name: "sidecar" }] } } },
    });
  });

  const aContainer = fc.record(
    {
      image: fc.constantFrom("1", "2"),
      args: fc.array(fc.constantFrom("x", "y")),
      env: keyed("name", fc.record({ value: fc.constantFrom("1", "2") })),
      ports: keyed("containerPort", fc.record({ name: fc.constantFrom("p", "q") })),
      resources: fc.record({ limits: fc.dictionary(fc.constantFrom("cpu", "memory"), fc.constantFrom("1", "2")) }),
    },
    { requiredKeys: [] },
  );
  const aSource = fc.oneof(
    fc.constant({ emptyDir: {} }),
    fc.constant({ hostPath: { path: "/" } }),
    fc.constant({ secret: { secretName: "s" } }),
  );
  const aPod = fc.record(
    {
      metadata: fc.record(
        {
          labels: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2")),
          finalizers: fc.uniqueArray(fc.constantFrom("f", "g", "h")),
        },
        { requiredKeys: [] },
      ),
      spec: fc.record(
        {
          containers: keyed("name", aContainer),
          volumes: keyed("name", aSource),
          tolerations: fc.array(fc.record({ key: fc.constantFrom("k", "l") })),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );

  test("property: a made patch makes the second out of the first, in its order", () => {
    fc.assert(
      fc.property(aPod, aPod, (a, b) => {
        expect(applyStrategicMergePatch(a, createTwoWayMergePatch(a, b, pod), pod)).toEqual(b);
      }),
      { numRuns: 500 },
    );
  });
});

/** A list of objects with distinct keys. */
function keyed(key: string, item: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject[]> {
  const keys = key === "containerPort" ? fc.constantFrom<unknown>(80, 443, 8080) : fc.constantFrom<unknown>("a", "b", "c");
  return fc.uniqueArray(keys).chain((chosen) => fc.tuple(...chosen.map((k) => item.map((rest) => ({ ...rest, [key]: k })))));
}
