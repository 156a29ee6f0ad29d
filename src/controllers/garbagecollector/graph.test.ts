import { describe, expect, it } from "vitest";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";
import { aMeta, type MetaParts } from "../../testing/objects.ts";
import { Graph } from "./graph.ts";

const replicaSets: KindRef = { group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets", namespaced: true };
const pods: KindRef = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };
const nodes: KindRef = { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false };
const deleted = "2026-01-01T00:00:00Z";

const object = (name: string, parts: MetaParts = {}): KubeObject => ({ metadata: aMeta(name, { namespace: "default", ...parts }) });
const ownedBy = (name: string, parts: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name,
  uid: `uid-${name}`,
  ...parts,
});
const blocking = (name: string): OwnerReference => ownedBy(name, { blockOwnerDeletion: true });
const worth = (set: ReadonlySet<string>): string[] => [...set].sort();
const uids = (list: readonly { uid: string }[]): string[] => list.map((node) => node.uid);

describe("what is worth a look", () => {
  it("a dependent whose owner was never seen, and not one whose owner was", () => {
    const graph = new Graph();
    expect(worth(graph.observe(pods, object("p", { owners: [ownedBy("rs")] })))).toEqual(["uid-p"]);
    expect(worth(graph.observe(replicaSets, object("rs")))).toEqual([]);
    expect(worth(graph.observe(pods, object("q", { owners: [ownedBy("rs")] })))).toEqual([]);
  });

  it("the dependents of an object that is gone, seen or not", () => {
    const graph = new Graph();
    graph.observe(replicaSets, object("rs"));
    graph.observe(pods, object("p", { owners: [ownedBy("rs")] }));
    graph.observe(pods, object("q"));
    expect(worth(graph.forget("uid-rs"))).toEqual(["uid-p"]);
    expect(worth(graph.forget("uid-rs"))).toEqual([]);
    expect(uids(graph.dependentsOf("uid-rs"))).toEqual(["uid-p"]);
  });

  it("an owner and its dependents when it begins to be deleted in the foreground, once", () => {
    const graph = new Graph();
    graph.observe(replicaSets, object("rs"));
    graph.observe(pods, object("p", { owners: [blocking("rs")] }));
    const waiting = object("rs", { deleted, finalizers: ["foregroundDeletion"] });
    expect(worth(graph.observe(replicaSets, waiting))).toEqual(["uid-p", "uid-rs"]);
    expect(worth(graph.observe(replicaSets, waiting))).toEqual(["uid-rs"]);
  });

  it("a dependent that comes while its owner waits in the foreground", () => {
    const graph = new Graph();
    graph.observe(replicaSets, object("rs", { deleted, finalizers: ["foregroundDeletion"] }));
    expect(worth(graph.observe(pods, object("p", { owners: [blocking("rs")] })))).toEqual(["uid-p"]);
  });

  it("the waiting owner when a blocking dependent goes, is let go, or no longer blocks", () => {
    for (const leave of [
      (graph: Graph) => graph.forget("uid-p"),
      (graph: Graph) => graph.observe(pods, object("p")),
      (graph: Graph) => graph.observe(pods, object("p", { owners: [ownedBy("rs", { blockOwnerDeletion: false })] })),
    ]) {
      const graph = new Graph();
      graph.observe(replicaSets, object("rs", { deleted, finalizers: ["foregroundDeletion"] }));
      graph.observe(pods, object("p", { owners: [blocking("rs")] }));
      expect(uids(graph.blockingDependentsOf("uid-rs"))).toEqual(["uid-p"]);
      expect(worth(leave(graph))).toContain("uid-rs");
      expect(graph.blockingDependentsOf("uid-rs")).toEqual([]);
    }
  });

  it("an object that is deleted with its dependents to be orphaned", () => {
    const graph = new Graph();
    expect(worth(graph.observe(replicaSets, object("rs", { deleted, finalizers: ["orphan"] })))).toEqual(["uid-rs"]);
    expect(worth(graph.observe(replicaSets, object("other", { finalizers: ["orphan"] })))).toEqual([]);
  });
});

describe("an owner that isn't what the reference says", () => {
  const cases: [string, KindRef, MetaParts, OwnerReference][] = [
    ["another name", replicaSets, {}, ownedBy("wrong", { uid: "uid-rs" })],
    ["another kind", replicaSets, {}, ownedBy("rs", { kind: "Deployment" })],
    ["another version", replicaSets, {}, ownedBy("rs", { apiVersion: "apps/v2" })],
    ["another namespace", replicaSets, { namespace: "other" }, ownedBy("rs")],
  ];
  it.each(cases)("%s: worth a look, whichever is seen first", (_name, kind, parts, reference) => {
    const ownerFirst = new Graph();
    ownerFirst.observe(kind, object("rs", parts));
    expect(worth(ownerFirst.observe(pods, object("p", { owners: [reference] })))).toEqual(["uid-p"]);
    const dependentFirst = new Graph();
    dependentFirst.observe(pods, object("p", { owners: [reference] }));
    expect(worth(dependentFirst.observe(kind, object("rs", parts)))).toEqual(["uid-p"]);
  });

  it("a cluster-scoped owner is right from any namespace", () => {
    const graph = new Graph();
    graph.observe(nodes, { metadata: aMeta("n1") });
    const reference = { apiVersion: "v1", kind: "Node", name: "n1", uid: "uid-n1" };
    expect(worth(graph.observe(pods, object("p", { owners: [reference] })))).toEqual([]);
  });
});
