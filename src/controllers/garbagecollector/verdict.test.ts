import { expect, it } from "vitest";
import { aMeta } from "../../testing/objects.ts";
import { verdictOn, type Dependents, type OwnerState, type Verdict } from "./verdict.ts";

const reference = (uid: string) => ({ apiVersion: "v1", kind: "ConfigMap", name: uid, uid });
const none: Dependents = { count: 0, oneIsWaiting: false };
const gone = (propagationPolicy: "Background" | "Foreground" | "Orphan", unblock = false): Verdict => ({
  type: "delete",
  propagationPolicy,
  unblock,
});

interface Case {
  readonly name: string;
  readonly owners: readonly OwnerState[];
  readonly dependents?: Dependents;
  readonly finalizers?: string[];
  readonly verdict: Verdict;
}
const cases: Case[] = [
  { name: "no owners", owners: [], verdict: { type: "keep" } },
  { name: "a solid owner", owners: ["solid"], verdict: { type: "keep" } },
  { name: "all owners absent", owners: ["dangling", "dangling"], verdict: gone("Background") },
  { name: "one owner left", owners: ["dangling", "solid"], verdict: { type: "dropReferences", ownerReferences: [reference("1")] } },
  { name: "one left, one waiting", owners: ["waiting", "solid"], verdict: { type: "dropReferences", ownerReferences: [reference("1")] } },
  { name: "a waiting owner, no dependents", owners: ["waiting"], verdict: gone("Background") },
  { name: "a waiting owner, dependents", owners: ["waiting"], dependents: { count: 2, oneIsWaiting: false }, verdict: gone("Foreground") },
  { name: "a circle of waiting", owners: ["waiting"], dependents: { count: 1, oneIsWaiting: true }, verdict: gone("Foreground", true) },
  { name: "absent, dependents", owners: ["dangling"], dependents: { count: 2, oneIsWaiting: false }, verdict: gone("Background") },
  { name: "a finalizer to orphan", owners: ["dangling"], finalizers: ["orphan"], verdict: gone("Orphan") },
  { name: "a foreground finalizer", owners: ["dangling"], finalizers: ["foregroundDeletion"], verdict: gone("Foreground") },
];
it.each(cases)("$name", ({ owners, dependents = none, finalizers = [], verdict }) => {
  const metadata = aMeta("p", { owners: owners.map((_, i) => reference(String(i))), finalizers });
  expect(verdictOn(metadata, new Map(owners.map((state, i) => [String(i), state])), dependents)).toEqual(verdict);
});
