/**
 * Which rules of access others already grant. Upstream: component-helpers/auth/rbac/validation/policy_comparator.go, rbac/v1/helpers.go
 */
import type { PolicyRule } from "../../schema/shapes/rbac.v1.ts";

/** The single grants among `wanted` that none of `owned` gives. */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(singleGrants).filter((grant) => !owned.some((rule) => covers(rule, grant)));
}

/** One rule for each verb of each resource (and name), and of each URL. */
function singleGrants({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): PolicyRule[] {
  const named = resourceNames.length === 0 ? [undefined] : resourceNames;
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        named.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  );
  return [...ofResources, ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })))];
}

function covers(owner: PolicyRule, grant: PolicyRule): boolean {
  const verbs = all(owner.verbs, grant.verbs);
  const groups = all(owner.apiGroups, grant.apiGroups);
  const resources = (grant.resources ?? []).every((one) => coversResource(owner.resources ?? [], one));
  const names =
    (owner.resourceNames ?? []).length === 0
      ? true
      : (grant.resourceNames ?? []).length > 0 && (grant.resourceNames ?? []).every((one) => owner.resourceNames?.includes(one));
  const urls = (grant.nonResourceURLs ?? []).every((one) => (owner.nonResourceURLs ?? []).some((owned) => coversUrl(owned, one)));
  return verbs && groups && resources && names && urls;
}

function all(owned: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  return owned?.includes("*") === true || (wanted ?? []).every((one) => owned?.includes(one) === true);
}

/** A `*` in front stands for any resource of that sub-resource: `*\/scale`. */
function coversResource(owned: readonly string[], wanted: string): boolean {
  if (owned.includes("*") || owned.includes(wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && owned.includes(`*${wanted.slice(slash)}`);
}

function coversUrl(owned: string, wanted: string): boolean {
  return owned === wanted || (owned.endsWith("*") && wanted.startsWith(owned.replace(/\*+$/, "")));
}
