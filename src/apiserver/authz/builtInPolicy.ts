/**
 * The policy until RBAC stands in front of it: masters, nodes and the control plane's components may do everything, so may ServiceAccounts
 * (charts and operators expect to work); anybody may see health and version. Left out: RBAC, node authorisation.
 * Upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go
 */
import { authenticatedGroup, mastersGroup, nodesGroup, serviceAccountsGroup } from "../authn/user.ts";
import type { UserInfo } from "../authn/user.ts";
import type { AccessAttributes, AccessRules, Authorizer, Decision } from "./authorizer.ts";

const trustedGroups: ReadonlySet<string> = new Set([mastersGroup, nodesGroup, serviceAccountsGroup]);
const trustedUsers: ReadonlySet<string> = new Set([
  "system:kube-controller-manager",
  "system:kube-scheduler",
  "system:kube-proxy",
  "system:apiserver",
]);

/** For everybody, known or not. Upstream: system:public-info-viewer */
const publicPaths: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz", "/version", "/version/"]);
/** For whoever is known. Upstream: system:discovery, system:basic-user */
const discoveryPaths: readonly string[] = ["/api", "/apis", "/openapi", "/healthz", "/livez", "/readyz", "/version"];
const selfReviews: ReadonlySet<string> = new Set(["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"]);

const everything: AccessRules = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};
const selfService: AccessRules = {
  resourceRules: [
    { verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"] },
    { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"] },
  ],
  nonResourceRules: [{ verbs: ["get"], nonResourceURLs: [...publicPaths, ...discoveryPaths.map((path) => `${path}/*`)] }],
};

export const builtInPolicy: Authorizer = {
  authorize(attributes) {
    const { user } = attributes;
    if (isTrusted(user)) return allowed;
    if (attributes.kind === "path") return pathDecision(attributes);
    const self = user.groups.includes(authenticatedGroup) && attributes.verb === "create" && selfReviews.has(attributes.resource);
    return self ? allowed : denied;
  },
  rules: (user) => (isTrusted(user) ? everything : selfService),
};

const allowed: Decision = { allowed: true, reason: "" };
const denied: Decision = { allowed: false, reason: "" };

function isTrusted(user: UserInfo): boolean {
  return trustedUsers.has(user.name) || user.groups.some((group) => trustedGroups.has(group));
}

function pathDecision(attributes: AccessAttributes & { kind: "path" }): Decision {
  const { path, verb, user } = attributes;
  if (verb !== "get") return denied;
  if (publicPaths.has(path) || /^\/(livez|readyz|healthz)\//.test(path)) return allowed;
  if (!user.groups.includes(authenticatedGroup)) return denied;
  return discoveryPaths.some((root) => path === root || path.startsWith(`${root}/`)) ? allowed : denied;
}
