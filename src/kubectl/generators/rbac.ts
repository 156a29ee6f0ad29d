/**
 * Roles and their bindings, and the checks of what they would grant.
 * Upstream: kubectl/pkg/cmd/create/create_{role,clusterrole,rolebinding,clusterrolebinding}.go
 */
import type { PolicyRule, Subject } from "../../schema/shapes/rbac.v1.ts";
import { KubectlError } from "../errors.ts";

export interface RoleResource {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

/** `deployments.apps/scale` taken apart; `*` alone means just that. */
export function roleResources(words: readonly string[]): RoleResource[] {
  const resources: RoleResource[] = [];
  for (const word of words) {
    const slash = word.indexOf("/");
    const whole = slash < 0 ? word : word.slice(0, slash);
    const dot = whole.indexOf(".");
    const one = {
      group: dot < 0 ? "" : whole.slice(dot + 1),
      resource: dot < 0 ? whole : whole.slice(0, dot),
      subresource: slash < 0 ? "" : word.slice(slash + 1),
    };
    if (one.resource === "*" && dot < 0 && slash < 0) return [one];
    resources.push(one);
  }
  return resources;
}

/** Without repeats; `*` means all. */
export function roleVerbs(verbs: readonly string[]): string[] {
  return verbs.includes("*") ? ["*"] : [...new Set(verbs)];
}

const standardVerbs = "* get delete list create update patch watch proxy deletecollection use bind escalate impersonate".split(" ");
const urlVerbs = "* get post put delete patch head options".split(" ");

export function isStandardVerb(verb: string): boolean {
  return standardVerbs.includes(verb);
}

/** Verbs that only some resources have. */
const specialVerbs: Readonly<Record<string, readonly string[]>> = {
  use: ["policy/podsecuritypolicies", "extensions/podsecuritypolicies"],
  bind: ["rbac.authorization.k8s.io/roles", "rbac.authorization.k8s.io/clusterroles"],
  escalate: ["rbac.authorization.k8s.io/roles", "rbac.authorization.k8s.io/clusterroles"],
  impersonate: ["/users", "/serviceaccounts", "/groups", "authentication.k8s.io/userextras"],
};

export interface Resolved {
  readonly group: string;
  readonly resource: string;
  /** Why the server's list doesn't have it. */
  readonly problem?: unknown;
}

/** Refuses verbs that a resource can't have, and resources that the server doesn't know. */
export function checkRoleResources(
  resources: readonly RoleResource[],
  verbs: readonly string[],
  resolve: (one: RoleResource) => Resolved,
): void {
  for (const one of resources) {
    if (one.resource === "") throw new KubectlError("resource must be specified if apiGroup/subresource specified");
    if (one.resource === "*") return;
    const { group, resource, problem } = resolve(one);
    let unknown = problem;
    for (const verb of verbs) {
      const only = specialVerbs[verb];
      if (only === undefined) continue;
      if (!only.includes(`${group}/${resource}`)) throw new KubectlError(`can not perform '${verb}' on '${resource}' in group '${group}'`);
      unknown = undefined;
    }
    if (unknown !== undefined) throw unknown;
  }
}

export function checkUrls(verbs: readonly string[], urls: readonly string[]): void {
  for (const verb of verbs) if (!urlVerbs.includes(verb)) throw new KubectlError(`invalid verb: '${verb}' for nonResourceURL`);
  for (const url of urls) {
    if (url === "*") continue;
    if (!url.startsWith("/")) throw new KubectlError("nonResourceURL should start with /");
    if (url.slice(0, -1).includes("*")) throw new KubectlError("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
}

export interface RulesWish {
  readonly verbs: readonly string[];
  readonly resources: readonly RoleResource[];
  readonly names: readonly string[];
  readonly urls: readonly string[];
}

/** One rule an API group, in the order of the alphabet. */
export function policyRules({ verbs, resources, names, urls }: RulesWish, resolve: (one: RoleResource) => Resolved): PolicyRule[] {
  const groups = new Map<string, Set<string>>();
  for (const one of resources) {
    const { group, resource } = resolve(one);
    const known = groups.get(group) ?? new Set<string>();
    groups.set(group, known.add(one.subresource === "" ? resource : `${resource}/${one.subresource}`));
  }
  const rules: PolicyRule[] = [...groups.keys()].sort().map((group) => ({
    verbs: [...verbs],
    apiGroups: [group],
    resources: [...(groups.get(group) ?? [])],
    resourceNames: [...names],
  }));
  if (urls.length > 0) rules.push({ verbs: [...verbs], nonResourceURLs: [...urls] });
  return rules;
}

export interface SubjectsWish {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** `namespace:name` */
  readonly serviceAccounts: readonly string[];
}

const apiGroup = "rbac.authorization.k8s.io";

export function subjectsOf({ users, groups, serviceAccounts }: SubjectsWish): Subject[] {
  return [
    ...users.map((name) => ({ kind: "User", apiGroup, name })),
    ...groups.map((name) => ({ kind: "Group", apiGroup, name })),
    ...serviceAccounts.map((account) => {
      const [namespace = "", name = "", ...more] = account.split(":");
      if (more.length > 0 || namespace === "" || name === "") throw new KubectlError("serviceaccount must be <namespace>:<name>");
      return { kind: "ServiceAccount", namespace, name };
    }),
  ];
}

export function roleRef(kind: "Role" | "ClusterRole", name: string): { apiGroup: string; kind: string; name: string } {
  return { apiGroup, kind, name };
}
