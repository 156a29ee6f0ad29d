/** Roles and their bindings. */
import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { clusterRole } from "./clusterRole.ts";
import { clusterRoleBinding } from "./clusterRoleBinding.ts";
import { role } from "./role.ts";
import { roleBinding } from "./roleBinding.ts";

const readPods = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };

describe("roles", () => {
  it.each<[string, Sent, string[]]>([
    ["a rule", readPods, []],
    ["no verbs", { ...readPods, verbs: [] }, ["rules[0].verbs: Required value: verbs must contain at least one value"]],
    [
      "no resources",
      { verbs: ["get"] },
      [
        "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
        "rules[0].resources: Required value: resource rules must supply at least one resource",
      ],
    ],
    [
      "paths in a namespace",
      { verbs: ["get"], nonResourceURLs: ["/metrics"] },
      ['rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs'],
    ],
  ])("say of %s", (_, rule, problems) => {
    expect(createProblems(role, { rules: [rule] })).toEqual(problems);
  });

  it("may have names with colons, and paths only in the cluster", () => {
    expect(
      createProblems(clusterRole, { metadata: { name: "system:x" }, rules: [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }] }),
    ).toEqual([]);
    expect(createProblems(clusterRole, { metadata: { name: "a/b" } })).toEqual([
      "metadata.name: Invalid value: \"a/b\": may not contain '/'",
    ]);
    expect(createProblems(clusterRole, { aggregationRule: {} })).toEqual([
      "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
    ]);
  });
});

describe("bindings", () => {
  const roleRef = { kind: "Role", name: "reader" };
  const subjects = [
    { kind: "User", name: "jane" },
    { kind: "ServiceAccount", name: "sa", namespace: "ns" },
  ];

  it("know the group of what they name", () => {
    expect(created(roleBinding, { roleRef, subjects })).toMatchObject({
      roleRef: { apiGroup: "rbac.authorization.k8s.io" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io" }, { kind: "ServiceAccount", name: "sa", namespace: "ns" }],
    });
    expect(createProblems(roleBinding, { roleRef, subjects })).toEqual([]);
  });

  it("refuse what can't be bound", () => {
    expect(
      createProblems(clusterRoleBinding, {
        roleRef,
        subjects: [
          { kind: "ServiceAccount", name: "sa" },
          { kind: "Robot", name: "r" },
        ],
      }),
    ).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      "subjects[0].namespace: Required value",
      'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ]);
  });

  it("never change their role", () => {
    expect(updateProblems(roleBinding, { roleRef }, (object) => (object.roleRef.name = "writer"))).toEqual([
      'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"writer"}: cannot change roleRef',
    ]);
  });

  it("show role and subjects", () => {
    expect(rowOf(roleBinding, created(roleBinding, { roleRef, subjects }), "2026-01-01T00:00:00Z")).toMatchObject({
      Role: "Role/reader",
      Users: "jane",
      Groups: "",
      ServiceAccounts: "ns/sa",
    });
  });
});
