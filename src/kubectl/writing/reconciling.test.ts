import { describe, expect, test } from "vitest";
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from "../../schema/shapes/rbac.v1.ts";
import { reconciledBinding, reconciledRole } from "./reconciling.ts";

const get: PolicyRule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const list: PolicyRule = { ...get, verbs: ["list"] };
const role = (rules: PolicyRule[], more: Partial<ClusterRole> = {}): ClusterRole => ({ metadata: { name: "r" }, rules, ...more });

describe("roles", () => {
  test("one that isn't there is created with all of its rules", () => {
    expect(reconciledRole(undefined, role([get]), false)).toMatchObject({ operation: "create", object: role([get]), missingRules: [get] });
  });

  test("missing rules are added, extra ones stay", () => {
    const { operation, object, missingRules, extraRules } = reconciledRole(role([get]), role([list]), false);
    expect({ operation, rules: object.rules, missingRules, extraRules }).toEqual({
      operation: "update",
      rules: [get, list],
      missingRules: [list],
      extraRules: [get],
    });
  });

  test("extra rules go when asked for", () => {
    expect(reconciledRole(role([get, list]), role([get]), true)).toMatchObject({
      operation: "update",
      object: { rules: [get] },
      extraRules: [list],
    });
    expect(reconciledRole(role([get, list]), role([get]), false).operation).toBe("none");
  });

  test("labels and annotations are added; the standing value of a name stays", () => {
    const existing = role([get], { metadata: { name: "r", labels: { a: "old" } } });
    const expected = role([get], { metadata: { name: "r", labels: { a: "new", b: "1" } } });
    const { operation, object } = reconciledRole(existing, expected, false);
    expect([operation, object.metadata?.labels]).toEqual(["update", { a: "old", b: "1" }]);
  });

  test("aggregation: selectors are united, or go where none is expected", () => {
    const selector = (value: string): object => ({ matchLabels: { a: value } });
    const aggregating = (...values: string[]): ClusterRole => role([], { aggregationRule: { clusterRoleSelectors: values.map(selector) } });
    expect(reconciledRole(aggregating("1"), aggregating("2"), false).object.aggregationRule).toEqual({
      clusterRoleSelectors: [selector("1"), selector("2")],
    });
    expect(reconciledRole(aggregating("1"), aggregating("2"), true).object.aggregationRule).toEqual({
      clusterRoleSelectors: [selector("2")],
    });
    expect(reconciledRole(aggregating("1"), role([]), false).object.aggregationRule).toBeUndefined();
  });

  test("who opted out is told so", () => {
    const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
    expect(reconciledRole(role([get], { metadata: { name: "r", annotations } }), role([list]), false).isProtected).toBe(true);
  });
});

describe("bindings", () => {
  const jane: Subject = { kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" };
  const joe: Subject = { ...jane, name: "joe" };
  const binding = (subjects: Subject[], name = "r"): RoleBinding => ({
    metadata: { name: "b" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects,
  });

  test.each([
    ["added", [jane], [joe], false, "update", [jane, joe]],
    ["replaced", [jane], [joe], true, "update", [joe]],
    ["kept", [jane, joe], [joe], false, "none", [jane, joe]],
  ] as const)("subjects are %s", (...[, existing, expected, removeExtra, operation, subjects]) => {
    const result = reconciledBinding(binding([...existing]), binding([...expected]), removeExtra);
    expect([result.operation, result.object.subjects]).toEqual([operation, subjects]);
  });

  test("another role: the binding is made anew", () => {
    expect(reconciledBinding(binding([jane]), binding([joe], "other"), false)).toMatchObject({
      operation: "recreate",
      object: binding([joe], "other"),
    });
  });
});
