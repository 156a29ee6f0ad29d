import { expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent } from "../../../testing/kindCases.ts";
import { lease } from "./lease.ts";

it.each<[string, Sent, string[]]>([
  ["a node's lease", { holderIdentity: "n1", leaseDurationSeconds: 40, renewTime: "2026-01-01T00:00:00.000000Z" }, []],
  ["no time at all", { leaseDurationSeconds: 0 }, ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"]],
  ["fewer than no transitions", { leaseTransitions: -1 }, ["spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"]],
  [
    "a holder wished for by no rule",
    { preferredHolder: "x" },
    ["spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined"],
  ],
])("says of %s", (_, spec, problems) => {
  expect(createProblems(lease, { spec })).toEqual(problems);
});

it("shows who holds it", () => {
  expect(rowOf(lease, created(lease, { spec: { holderIdentity: "n1" } }), "2026-01-01T00:00:00Z")).toMatchObject({ Holder: "n1" });
});
