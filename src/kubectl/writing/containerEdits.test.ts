import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EnvVar, PodSpec } from "../../schema/shapes/core.v1.ts";
import { containersNamed, envOfText, setImages, setResourceAmounts, withEnv } from "./containerEdits.ts";

function podSpec(): PodSpec {
  return {
    containers: [
      { name: "web", image: "nginx:1" },
      { name: "side", image: "busybox:1", resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } } },
    ],
    initContainers: [{ name: "prepare", image: "busybox:1" }],
  };
}

const imagesOf = ({ containers, initContainers = [] }: PodSpec): (string | undefined)[] =>
  [...initContainers, ...containers].map(({ image }) => image);

describe("setImages", () => {
  test("changes the containers named and tells which weren't there", () => {
    const spec = podSpec();
    const wanted = new Map([
      ["prepare", "a"],
      ["nobody", "b"],
      ["web", "c"],
    ]);
    expect(setImages(spec, wanted)).toEqual(["nobody"]);
    expect(imagesOf(spec)).toEqual(["a", "c", "busybox:1"]);
  });

  test("an asterisk means all", () => {
    const spec = podSpec();
    expect(setImages(spec, new Map([["*", "x"]]))).toEqual([]);
    expect(imagesOf(spec)).toEqual(["x", "x", "x"]);
  });
});

test("amounts that aren't named stay", () => {
  const spec = podSpec();
  setResourceAmounts(containersNamed(spec, "s*"), { cpu: "2" }, {});
  const [web, side] = spec.containers;
  expect(web?.resources).toBeUndefined();
  expect(side?.resources).toEqual({ limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "500m" } });
});

test("containers by a pattern, init containers last", () => {
  const names = (pattern: string): string[] => containersNamed(podSpec(), pattern).map(({ name }) => name);
  expect(names("*")).toEqual(["web", "side", "prepare"]);
  expect(names("*e*")).toEqual(["web", "side", "prepare"]);
  // Upstream looks for the last part at its first place only.
  expect(names("*e")).toEqual(["side"]);
  expect(names("we")).toEqual([]);
});

describe("withEnv", () => {
  const names = fc.constantFrom("A", "B", "C", "D", "E");
  const variables = fc.uniqueArray(fc.record({ name: names, value: fc.string() }), { selector: ({ name }) => name });

  test("each variable once, the new value wins, removed ones go, the order of what was there stays", () => {
    fc.assert(
      fc.property(variables, variables, fc.uniqueArray(names), (existing, given, removed) => {
        const added = given.filter(({ name }) => !removed.includes(name));
        const made = withEnv(existing, { added, removed });
        const expected = new Map<string, string>();
        for (const { name, value } of [...existing, ...added]) if (!removed.includes(name)) expected.set(name, value);
        expect(made.map(({ name, value }) => [name, value])).toEqual([...expected]);
        expect(withEnv(made, { added, removed })).toEqual(made);
      }),
    );
  });

  test("a reference gives way to a value", () => {
    const existing: EnvVar[] = [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
    expect(withEnv(existing, { added: [{ name: "A", value: "1" }], removed: [] })).toEqual([{ name: "A", value: "1" }]);
  });
});

test("lines of an environment", () => {
  expect(envOfText("A=1\n# no=thing\nB=x=y # why\nC\nD=")).toEqual([
    { name: "A", value: "1" },
    { name: "B", value: "x=y " },
    { name: "D", value: "" },
  ]);
});
