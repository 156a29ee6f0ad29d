import { expect, test } from "vitest";
import type { Backend, ServiceRule } from "./dataPlane.ts";
import { aServiceRule } from "../../testing/serviceRules.ts";
import { ViewChanges } from "./viewChanges.ts";

const backend = (podName: string): Backend => ({ ip: "10.0.0.1", port: 80, nodeName: "a", podName });

function rule(backends: readonly string[], views?: Readonly<Record<string, readonly string[]>>): ServiceRule {
  return aServiceRule({
    id: "shop/web:http",
    backends: backends.map(backend),
    views: views && Object.fromEntries(Object.entries(views).map(([node, pods]) => [node, pods.map(backend)])),
  });
}

test("each node's view is told when it changes, and all of them again after forgetting", () => {
  const changes = new ViewChanges();
  const told = (rules: readonly ServiceRule[]): string[] =>
    changes.take(rules).map(({ service, view, pods }) => `${service} ${view}: ${pods.join(" ")}`);
  expect(told([rule(["p", "q"])])).toEqual(["shop/web all nodes: p q"]);
  expect(told([rule(["p", "q"])])).toEqual([]);
  expect(told([rule(["q"], { a: ["p", "q"], b: ["q"] })])).toEqual(["shop/web a: p q", "shop/web b: q"]);
  expect(told([rule(["q"], { a: [], b: ["q"] })])).toEqual(["shop/web a: "]);
  changes.forget();
  expect(told([rule(["q"], { a: [], b: ["q"] })])).toEqual(["shop/web a: ", "shop/web b: q"]);
});
