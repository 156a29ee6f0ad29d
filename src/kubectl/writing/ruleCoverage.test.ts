import { expect, test } from "vitest";
import type { PolicyRule } from "../../schema/shapes/rbac.v1.ts";
import { uncovered } from "./ruleCoverage.ts";

const pods = (verbs: string[], more: Partial<PolicyRule> = {}): PolicyRule => ({ verbs, apiGroups: [""], resources: ["pods"], ...more });

test.each<[string, PolicyRule[], PolicyRule[], PolicyRule[]]>([
  ["the same", [pods(["get"])], [pods(["get"])], []],
  ["a verb more", [pods(["get"])], [pods(["get", "list"])], [pods(["list"])]],
  ["any verb", [pods(["*"])], [pods(["get", "list"])], []],
  ["another group", [pods(["get"])], [pods(["get"], { apiGroups: ["apps"] })], [pods(["get"], { apiGroups: ["apps"] })]],
  ["any group", [pods(["get"], { apiGroups: ["*"] })], [pods(["get"], { apiGroups: ["apps"] })], []],
  ["any resource", [pods(["get"], { resources: ["*"] })], [pods(["get"], { resources: ["pods/log"] })], []],
  ["any resource's scale", [pods(["get"], { resources: ["*/scale"] })], [pods(["get"], { resources: ["pods/scale"] })], []],
  ["one name of all", [pods(["get"])], [pods(["get"], { resourceNames: ["a"] })], []],
  ["all where one name is owned", [pods(["get"], { resourceNames: ["a"] })], [pods(["get"])], [pods(["get"])]],
  [
    "two names",
    [pods(["get"], { resourceNames: ["a"] })],
    [pods(["get"], { resourceNames: ["a", "b"] })],
    [pods(["get"], { resourceNames: ["b"] })],
  ],
  [
    "URLs",
    [{ verbs: ["get"], nonResourceURLs: ["/healthz/*"] }],
    [{ verbs: ["get"], nonResourceURLs: ["/healthz/x", "/api"] }],
    [{ verbs: ["get"], nonResourceURLs: ["/api"] }],
  ],
  ["nothing owned", [], [pods(["get", "list"])], [pods(["get"]), pods(["list"])]],
])("%s", (_, owned, wanted, missing) => {
  expect(uncovered(owned, wanted)).toEqual(missing);
});
