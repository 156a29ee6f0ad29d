/** Checks of rules and of who they are bound to. Upstream: pkg/apis/rbac/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { PolicyRule, RoleRef, Subject } from "../../../schema/shapes/rbac.v1.ts";
import { dnsSubdomainName, pathSegmentName, present, problemsAt } from "../../fieldChecks.ts";

export const rbacGroup = "rbac.authorization.k8s.io";

export function validateRules(rules: readonly PolicyRule[], namespaced: boolean, at: Path): FieldError[] {
  return rules.flatMap((rule, i) => validateRule(rule, namespaced, at.index(i)));
}

function validateRule(rule: PolicyRule, namespaced: boolean, at: Path): FieldError[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  const errors = present(verbs, at.child("verbs"), "verbs must contain at least one value");
  if (urls.length === 0) {
    return [
      ...errors,
      ...present(apiGroups, at.child("apiGroups"), "resource rules must supply at least one api group"),
      ...present(resources, at.child("resources"), "resource rules must supply at least one resource"),
    ];
  }
  const urlsAt = at.child("nonResourceURLs");
  if (namespaced) errors.push(invalid(urlsAt, urls, "namespaced rules cannot apply to non-resource URLs"));
  if (apiGroups.length + resources.length + resourceNames.length === 0) return errors;
  return [...errors, invalid(urlsAt, urls, "rules cannot apply to both regular resources and non-resource URLs")];
}

interface Binding {
  readonly roleRef: RoleRef;
  readonly subjects?: Subject[] | undefined;
}

/** `kinds`: of roles that the binding may name. */
export function validateBinding({ roleRef, subjects = [] }: Binding, kinds: readonly string[], at: Path): FieldError[] {
  const refAt = at.child("roleRef");
  const errors = roleRef.apiGroup === rbacGroup ? [] : [notSupported(refAt.child("apiGroup"), roleRef.apiGroup, [rbacGroup])];
  if (!kinds.includes(roleRef.kind)) errors.push(notSupported(refAt.child("kind"), roleRef.kind, kinds));
  const nameAt = refAt.child("name");
  errors.push(...(roleRef.name === "" ? [required(nameAt)] : problemsAt(nameAt, roleRef.name, pathSegmentName(roleRef.name, false))));
  const namespaced = kinds.includes("Role");
  return [...errors, ...subjects.flatMap((subject, i) => validateSubject(subject, namespaced, at.child("subjects").index(i)))];
}

function validateSubject(subject: Subject, namespaced: boolean, at: Path): FieldError[] {
  const { kind, name, apiGroup = "" } = subject;
  const errors = present(name, at.child("name"));
  switch (kind) {
    case "ServiceAccount":
      if (name !== "") errors.push(...problemsAt(at.child("name"), name, dnsSubdomainName(name, false)));
      if (apiGroup !== "") errors.push(notSupported(at.child("apiGroup"), apiGroup, [""]));
      return namespaced ? errors : [...errors, ...present(subject.namespace, at.child("namespace"))];
    case "User":
    case "Group":
      return apiGroup === rbacGroup ? errors : [...errors, notSupported(at.child("apiGroup"), apiGroup, [rbacGroup])];
    default:
      return [...errors, notSupported(at.child("kind"), kind, ["ServiceAccount", "User", "Group"])];
  }
}

export function validateSameRole(next: Binding, previous: Binding, at: Path): FieldError[] {
  const { apiGroup, kind, name } = next.roleRef;
  const same = apiGroup === previous.roleRef.apiGroup && kind === previous.roleRef.kind && name === previous.roleRef.name;
  return same ? [] : [invalid(at.child("roleRef"), next.roleRef, "cannot change roleRef")];
}

export function setBindingDefaults({ roleRef, subjects = [] }: Binding): void {
  roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects) if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= rbacGroup;
}
