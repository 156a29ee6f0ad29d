/** Late views: profiles, and what each node sees when. */
import { describe, expect, test } from "vitest";
import { seededRng } from "../base/rng.ts";
import type { Backend, ServiceRule } from "./ports/dataPlane.ts";
import { aServiceRule } from "../testing/serviceRules.ts";
import { delayAt, NodeViews, parsePropagation } from "./propagation.ts";

describe("a profile", () => {
  test.each([
    ["instant", 0.5, 0],
    ["2s", 0.1, 2000],
    ["p0=100ms,p50=500ms,p100=1500ms", 0, 100],
    ["p0=100ms,p50=500ms,p100=1500ms", 0.25, 300],
    ["p0=100ms,p50=500ms,p100=1500ms", 1, 1500],
    ["p50=1s,p99=3s", 0.1, 1000],
    ["p50=1s,p99=3s", 1, 3000],
  ])("%s at %f", (text, share, delayMs) => expect(delayAt(parsePropagation(text), share)).toBeCloseTo(delayMs));

  test.each(["fast", "p50", "p50=x", "p120=1s", "-1s"])("%s is refused", (text) =>
    expect(() => parsePropagation(text)).toThrow("none of instant"),
  );
  test("quantiles must rise", () => expect(() => parsePropagation("p50=2s,p99=1s")).toThrow("must rise"));
});

const backend = (podName: string): Backend => ({ ip: podName, port: 80, nodeName: "n", podName });
const rule = (...pods: readonly string[]): ServiceRule => aServiceRule({ id: "default/web:", backends: pods.map(backend) });
const seen = (views: NodeViews, now: ServiceRule, atMs: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(views.take([now], atMs)[0]?.views ?? {}).map(([node, list]) => [node, list.map(({ podName }) => podName).join("")]),
  );

describe("views", () => {
  test("a new rule is seen at once, a change after its delay", () => {
    const views = new NodeViews(parsePropagation("1s"), seededRng(1), ["x", "y"]);
    expect(seen(views, rule("a"), 0)).toEqual({ x: "a", y: "a" });
    expect(seen(views, rule("b"), 100)).toEqual({ x: "a", y: "a" });
    expect(views.nextChangeMs()).toBe(1100);
    expect(seen(views, rule("b"), 1099)).toEqual({ x: "a", y: "a" });
    expect(seen(views, rule("b"), 1100)).toEqual({ x: "b", y: "b" });
    expect(views.nextChangeMs()).toBeUndefined();
  });

  test("each node has its own luck", () => {
    const views = new NodeViews(parsePropagation("p0=0s,p100=10s"), seededRng(3), ["x", "y"]);
    seen(views, rule("a"), 0);
    seen(views, rule("b"), 0);
    expect(seen(views, rule("b"), views.nextChangeMs() ?? 0)).not.toEqual({ x: "b", y: "b" });
  });

  test("who hears of a newer state first never goes back to an older one", () => {
    const late = { next: () => draws.shift() ?? 0 };
    const draws = [0.9, 0.1];
    const views = new NodeViews(parsePropagation("p0=0s,p100=10s"), late, ["x"]);
    seen(views, rule("a"), 0);
    seen(views, rule("b"), 0);
    seen(views, rule("c"), 100);
    expect(seen(views, rule("c"), 1100)).toEqual({ x: "c" });
    expect(views.nextChangeMs()).toBeUndefined();
    expect(seen(views, rule("c"), 9500)).toEqual({ x: "c" });
  });
});
