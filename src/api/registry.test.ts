import { expect, it } from "vitest";
import { structNamed } from "../schema/structs.ts";
import { kindFor, kindOf, kinds } from "./registry.ts";

it("finds kinds by resource and by name", () => {
  expect(kindFor("apps", "v1", "deployments")?.kind).toBe("Deployment");
  expect(kindFor("", "v1", "pods")?.kind).toBe("Pod");
  expect(kindFor("apps", "v1", "pods")).toBeUndefined();
  expect(kindOf("v1", "Pod")?.plural).toBe("pods");
  expect(kindOf("networking.k8s.io/v1", "Ingress")?.plural).toBe("ingresses");
  expect(kindOf("v1", "Deployment")).toBeUndefined();
});

it("has each resource once, with facts of its fields", () => {
  const names = kinds.map(({ group, version, plural }) => `${group}/${version}/${plural}`);
  expect(new Set(names).size).toBe(names.length);
  expect(kinds.filter((kind) => structNamed(kind.struct) === undefined).map(({ kind }) => kind)).toEqual([]);
});

it("lets a short name mean one resource only, in every version of it", () => {
  const owners = new Map<string, string>();
  for (const { shortNames, plural } of kinds) for (const name of shortNames) owners.set(name, owners.get(name) ?? plural);
  const odd = kinds.filter(({ shortNames, plural }) => shortNames.some((name) => owners.get(name) !== plural));
  expect(odd.map(({ kind }) => kind)).toEqual([]);
});

it("shows in `kubectl get all` what upstream shows", () => {
  const all = kinds.filter(({ categories }) => categories.includes("all")).map(({ plural }) => plural);
  expect([...new Set(all)].sort()).toEqual([
    "cronjobs",
    "daemonsets",
    "deployments",
    "horizontalpodautoscalers",
    "jobs",
    "pods",
    "replicasets",
    "replicationcontrollers",
    "services",
    "statefulsets",
  ]);
});
