import { describe, expect, it } from "vitest";
import { aPod, aService } from "../../testing/objects.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import { hasSelector, servicesOfPodChange } from "./servicePods.ts";

const services = [
  aService("web"),
  aService("web-too", { spec: { selector: { app: "web", track: "stable" } } }),
  aService("db"),
  aService("outside", { spec: { type: "ExternalName", selector: { app: "web" } } }),
  aService("by-hand", { spec: { selector: {} } }),
];
const lister = {
  get: () => undefined,
  list: (namespace?: string): readonly Service[] => (namespace === "default" ? services : []),
  byIndex: () => [],
};
const web = { app: "web" };
const names = (...[now, before]: Parameters<typeof servicesOfPodChange> extends [unknown, ...infer Rest] ? Rest : never): string[] =>
  servicesOfPodChange(lister, now, before).map((key) => key.name);

describe("the Services that a pod's change concerns", () => {
  const pod = aPod("p", { labels: web, ip: "10.0.0.1" });
  const cases: [string, ReturnType<typeof aPod>, ReturnType<typeof aPod> | undefined, string[]][] = [
    ["a new pod's", pod, undefined, ["web"]],
    ["all that select it", aPod("p", { labels: { ...web, track: "stable" } }), undefined, ["web", "web-too"]],
    ["none for another namespace", aPod("p", { labels: web, namespace: "other" }), undefined, []],
    ["none when nothing shows", aPod("p", { labels: web, ip: "10.0.0.1", annotations: { a: "b" } }), pod, []],
    ["readiness", aPod("p", { labels: web, ip: "10.0.0.1", ready: false }), pod, ["web"]],
    ["an address", aPod("p", { labels: web, ip: "10.0.0.2" }), pod, ["web"]],
    ["a node", aPod("p", { labels: web, ip: "10.0.0.1", node: "n1" }), pod, ["web"]],
    ["termination", aPod("p", { labels: web, ip: "10.0.0.1", deleted: "2026-01-01T00:00:00Z" }), pod, ["web"]],
    ["both sides of a relabelling", aPod("p", { labels: { app: "db" }, ip: "10.0.0.1" }), pod, ["web", "db"]],
  ];
  it.each(cases)("%s", (_name, now, before, expected) => expect(names(now, before)).toEqual(expected));
});

it("pods are looked up for Services with a selector only, and never for ExternalName", () => {
  expect(services.filter(hasSelector).map((service) => service.metadata.name)).toEqual(["web", "web-too", "db"]);
});
