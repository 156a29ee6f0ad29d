import { expect, test } from "vitest";
import { kindPrefixOfKey, listPrefix, objectKey } from "./keys.ts";

const pods = { group: "", plural: "pods", namespaced: true };
const nodes = { group: "", plural: "nodes", namespaced: false };
const leases = { group: "coordination.k8s.io", plural: "leases", namespaced: true };

test("keys", () => {
  expect(objectKey(pods, "default", "web")).toBe("/registry/core/pods/default/web");
  expect(objectKey(nodes, "", "n1")).toBe("/registry/core/nodes/n1");
  expect(objectKey(leases, "kube-system", "x")).toBe("/registry/coordination.k8s.io/leases/kube-system/x");
  expect([listPrefix(pods, ""), listPrefix(pods, "a"), listPrefix(nodes, "a")]).toEqual([
    "/registry/core/pods/",
    "/registry/core/pods/a/",
    "/registry/core/nodes/",
  ]);
});

test("the kind of a key", () => {
  expect(kindPrefixOfKey("/registry/core/pods/default/web")).toBe("/registry/core/pods/");
  expect([kindPrefixOfKey("/registry/core"), kindPrefixOfKey("/locks/a/b/c")]).toEqual([undefined, undefined]);
});
