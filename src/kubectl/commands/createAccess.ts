/**
 * `kubectl create role|clusterrole|rolebinding|clusterrolebinding`.
 * Upstream: kubectl/pkg/cmd/create/create_{role,clusterrole,rolebinding,clusterrolebinding}.go
 */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { array, list, text } from "../flags.ts";
import {
  checkRoleResources,
  checkUrls,
  isStandardVerb,
  policyRules,
  type Resolved,
  roleRef,
  type RoleResource,
  roleResources,
  roleVerbs,
  subjectsOf,
} from "../generators/rbac.ts";
import type { Session } from "../session.ts";
import { requireFlags } from "../writing/flags.ts";
import { createGenerated, generatorFlags } from "./createGenerated.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const roleFlags = { ...generatorFlags, resource: list(), "resource-name": array(), verb: list() };

/** Finds resources in what the server serves. */
async function resolver(session: Session): Promise<(one: RoleResource) => Resolved> {
  const mapper = await session.mapper();
  return ({ group, resource }) => {
    try {
      const found = mapper.forResource({ group, version: "", resource });
      return { group: found.group, resource: found.plural };
    } catch (problem) {
      return { group, resource, problem };
    }
  };
}

function warnOfUnusualVerbs(verbs: readonly string[], session: Session): void {
  for (const one of verbs) if (!isStandardVerb(one)) session.err(`Warning: '${one}' is not a standard resource verb\n`);
}

export const createRole: Verb = verb({
  name: "role",
  flags: roleFlags,
  async run(call) {
    const { flags, session } = call;
    const verbs = roleVerbs(flags.verb);
    const resources = roleResources(flags.resource);
    await createGenerated(call, {
      async make(name) {
        if (verbs.length === 0) throw new KubectlError("at least one verb must be specified");
        const resolve = await resolver(session);
        warnOfUnusualVerbs(verbs, session);
        if (resources.length === 0) throw new KubectlError("at least one resource must be specified");
        checkRoleResources(resources, verbs, resolve);
        const names = [...new Set(flags["resource-name"])];
        return { apiVersion, kind: "Role", metadata: { name }, rules: policyRules({ verbs, resources, names, urls: [] }, resolve) };
      },
    });
  },
});

export const createClusterRole: Verb = verb({
  name: "clusterrole",
  flags: { ...roleFlags, "aggregation-rule": list(), "non-resource-url": list() },
  async run(call) {
    const { flags, session } = call;
    const verbs = roleVerbs(flags.verb);
    const resources = roleResources(flags.resource);
    const names = [...new Set(flags["resource-name"])];
    const urls = [...new Set(flags["non-resource-url"])];
    const aggregation = flags["aggregation-rule"];
    await createGenerated(call, {
      clusterScoped: true,
      async make(name) {
        const kind = { apiVersion, kind: "ClusterRole", metadata: { name } };
        if (aggregation.length > 0) {
          if ([urls, verbs, resources, names].some((given) => given.length > 0)) {
            throw new KubectlError("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames");
          }
          return { ...kind, aggregationRule: { clusterRoleSelectors: [{ matchLabels: labelsOf(aggregation) }] }, rules: null };
        }
        if (verbs.length === 0) throw new KubectlError("at least one verb must be specified");
        if (resources.length === 0 && urls.length === 0) throw new KubectlError("one of resource or nonResourceURL must be specified");
        const resolve = resources.length > 0 ? await resolver(session) : (one: RoleResource): Resolved => one;
        if (resources.length > 0) {
          warnOfUnusualVerbs(verbs, session);
          checkRoleResources(resources, verbs, resolve);
        }
        if (urls.length > 0) checkUrls(verbs, urls);
        return { ...kind, rules: policyRules({ verbs, resources, names, urls }, resolve) };
      },
    });
  },
});

function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    }),
  );
}

const bindingFlags = { ...generatorFlags, clusterrole: text(), group: array(), serviceaccount: array(), user: array() };

export const createRoleBinding: Verb = verb({
  name: "rolebinding",
  flags: { ...bindingFlags, role: text() },
  async run(call) {
    const { clusterrole, role, user: users, group: groups, serviceaccount: serviceAccounts } = call.flags;
    await createGenerated(call, {
      failure: "failed to create rolebinding:",
      make(name) {
        if ((clusterrole === "") === (role === "")) throw new KubectlError("exactly one of clusterrole or role must be specified");
        return {
          apiVersion,
          kind: "RoleBinding",
          metadata: { name },
          subjects: subjectsOf({ users, groups, serviceAccounts }),
          roleRef: role === "" ? roleRef("ClusterRole", clusterrole) : roleRef("Role", role),
        };
      },
    });
  },
});

export const createClusterRoleBinding: Verb = verb({
  name: "clusterrolebinding",
  flags: bindingFlags,
  async run(call) {
    requireFlags(call, "clusterrole");
    const { clusterrole, user: users, group: groups, serviceaccount: serviceAccounts } = call.flags;
    await createGenerated(call, {
      failure: "failed to create clusterrolebinding:",
      clusterScoped: true,
      make: (name) => ({
        apiVersion,
        kind: "ClusterRoleBinding",
        metadata: { name },
        subjects: subjectsOf({ users, groups, serviceAccounts }),
        roleRef: roleRef("ClusterRole", clusterrole),
      }),
    });
  },
});
