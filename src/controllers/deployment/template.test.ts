import { describe, expect, test } from "vitest";
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";
import { sameTemplate, templateHash } from "./template.ts";

const container = (parts: object = {}): PodTemplateSpec => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "web:1", ...parts }] },
});

describe("templates", () => {
  test.each<[string, PodTemplateSpec, PodTemplateSpec, boolean]>([
    ["themselves", container(), container(), true],
    ["another image", container(), container({ image: "web:2" }), false],
    ["the hash label doesn't count", container(), { ...container(), metadata: { labels: { app: "web", "pod-template-hash": "x" } } }, true],
    [
      "empty lists and maps are absent",
      container(),
      { ...container({ env: [] }), metadata: { labels: { app: "web" }, annotations: {} } },
      true,
    ],
    ["an empty object that means something does", container(), container({ securityContext: {} }), false],
    ["order of keys", container({ env: [{ name: "A", value: "1" }] }), container({ env: [{ value: "1", name: "A" }] }), true],
    ["order of lists", container({ args: ["a", "b"] }), container({ args: ["b", "a"] }), false],
    [
      "quantities by value",
      container({ resources: { limits: { cpu: "0.5", memory: "1Gi" } } }),
      container({ resources: { limits: { cpu: "500m", memory: "1024Mi" } } }),
      true,
    ],
    ["a restart annotation", container(), { ...container(), metadata: { labels: { app: "web" }, annotations: { at: "1" } } }, false],
  ])("%s", (_name, a, b, same) => {
    expect(sameTemplate(a, b)).toBe(same);
    expect(sameTemplate(b, a)).toBe(same);
    expect(templateHash(a, undefined) === templateHash(b, undefined)).toBe(same);
  });

  test("the hash is a label value and changes with the collision count", () => {
    const hashes = [undefined, 0, 1, 2].map((count) => templateHash(container(), count));
    expect(new Set(hashes).size).toBe(4);
    for (const hash of hashes) expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
});
