import { expect, it } from "vitest";
import type { Taint, Toleration } from "../../schema/shapes/core.v1.ts";
import { stayMs } from "./plan.ts";

const execute = (key: string): Taint => ({ key, effect: "NoExecute" });
const exists = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

const cases: [string, Taint[], Toleration[], number][] = [
  ["no taints: for good", [], [], Number.POSITIVE_INFINITY],
  ["NoSchedule doesn't evict", [{ key: "a", effect: "NoSchedule" }], [], Number.POSITIVE_INFINITY],
  ["untolerated: not at all", [execute("a")], [exists("b")], 0],
  ["tolerated: for good", [execute("a")], [exists("a")], Number.POSITIVE_INFINITY],
  ["tolerated for a while", [execute("a")], [exists("a", 300)], 300_000],
  ["the shortest of several", [execute("a"), execute("b")], [exists("a", 300), exists("b", 10)], 10_000],
  ["one of several untolerated", [execute("a"), execute("b")], [exists("a", 300)], 0],
  ["zero and below are at once", [execute("a")], [exists("a", -5)], 0],
  ["the first that matches counts", [execute("a")], [exists("a", 20), exists("a")], 20_000],
];
it.each(cases)("%s", (_name, taints, tolerations, expected) => expect(stayMs(taints, tolerations)).toBe(expected));
