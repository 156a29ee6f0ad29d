import { describe, expect, test } from "vitest";
import type { PodTemplateSpec } from "../schema/shapes/core.v1.ts";
import { fnv1a, podTemplateHash, safeText } from "./hash.ts";

const template: PodTemplateSpec = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx:1" }] } };

describe("pod-template-hash", () => {
  test("FNV-1a and the alphabet are upstream's", () => {
    expect(fnv1a("")).toBe(0x811c9dc5);
    expect(fnv1a("a")).toBe(0xe40c292c);
    expect(safeText("0123456789")).toBe("456789bcdf");
  });
  test("up to ten safe letters, the same every time", () => {
    expect(podTemplateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(podTemplateHash(structuredClone(template))).toBe(podTemplateHash(template));
  });
  test("neither the order of keys, nor undefined, nor its own label matter", () => {
    const other: PodTemplateSpec = {
      spec: { hostname: undefined, containers: [{ image: "nginx:1", name: "c" }] },
      metadata: { labels: { "pod-template-hash": "x", app: "web" } },
    };
    expect(podTemplateHash(other)).toBe(podTemplateHash(template));
  });
  test("the template and the collision count do", () => {
    const changed = { ...template, spec: { containers: [{ name: "c", image: "nginx:2" }] } };
    const all = [podTemplateHash(template), podTemplateHash(changed), podTemplateHash(template, 1), podTemplateHash(template, 2)];
    expect(new Set(all).size).toBe(4);
  });
});
