import { expect, it } from "vitest";
import type { Toleration } from "../schema/shapes/core.v1.ts";
import { isTolerated, tolerates } from "./tolerations.ts";

const taint = { key: "team", value: "x", effect: "NoExecute" };
const cases: [string, Toleration, boolean][] = [
  ["equal", { key: "team", operator: "Equal", value: "x", effect: "NoExecute" }, true],
  ["equal is the default", { key: "team", value: "x" }, true],
  ["another value", { key: "team", value: "y" }, false],
  ["another key", { key: "crew", value: "x" }, false],
  ["another effect", { key: "team", value: "x", effect: "NoSchedule" }, false],
  ["exists", { key: "team", operator: "Exists" }, true],
  ["exists, another effect", { key: "team", operator: "Exists", effect: "NoSchedule" }, false],
  ["anything", { operator: "Exists" }, true],
  ["anything of one effect", { operator: "Exists", effect: "NoExecute" }, true],
  ["an unknown operator", { key: "team", operator: "Near", value: "x" }, false],
];
it.each(cases)("%s", (_name, toleration, expected) => expect(tolerates(toleration, taint)).toBe(expected));
it("one of several is enough", () => {
  expect(isTolerated(taint, [{ key: "a" }, { key: "team", operator: "Exists" }])).toBe(true);
  expect(isTolerated(taint, undefined)).toBe(false);
});
