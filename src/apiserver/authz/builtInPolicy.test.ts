import { expect, test } from "vitest";
import { anonymousUser, authenticated } from "../authn/user.ts";
import type { UserInfo } from "../authn/user.ts";
import type { AccessAttributes } from "./authorizer.ts";
import { builtInPolicy } from "./builtInPolicy.ts";
import { refusal } from "./refusal.ts";

const user = (name: string, ...groups: string[]): UserInfo => authenticated({ name, groups });
const pods = (who: UserInfo, verb = "list"): AccessAttributes => ({
  kind: "resource",
  user: who,
  verb,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "default",
  name: "",
});
const path = (who: UserInfo, at: string): AccessAttributes => ({ kind: "path", user: who, verb: "get", path: at });
const review: AccessAttributes = {
  ...pods(user("jane"), "create"),
  kind: "resource",
  group: "authorization.k8s.io",
  resource: "selfsubjectaccessreviews",
} as AccessAttributes;

test.each<[string, AccessAttributes, boolean]>([
  ["masters", pods(user("admin", "system:masters")), true],
  ["nodes", pods(user("system:node:n1", "system:nodes")), true],
  ["the scheduler", pods(user("system:kube-scheduler")), true],
  ["a ServiceAccount", pods(user("system:serviceaccount:a:b", "system:serviceaccounts")), true],
  ["somebody known", pods(user("jane")), false],
  ["somebody known about themself", review, true],
  ["nobody", pods(anonymousUser), false],
  ["nobody, for health", path(anonymousUser, "/readyz"), true],
  ["nobody, for one check", path(anonymousUser, "/livez/ping"), true],
  ["nobody, for the version", path(anonymousUser, "/version"), true],
  ["nobody, for discovery", path(anonymousUser, "/apis"), false],
  ["somebody known, for discovery", path(user("jane"), "/apis/apps/v1"), true],
  ["somebody known, for metrics", path(user("jane"), "/metrics"), false],
])("%s", async (_who, attributes, allowed) => {
  expect((await builtInPolicy.authorize(attributes)).allowed).toBe(allowed);
});

test("a refusal is worded as upstream words it", () => {
  expect(refusal(pods(user("jane")), "").message).toBe(
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  expect(refusal(path(user("jane"), "/metrics"), "").message).toBe('forbidden: User "jane" cannot get path "/metrics"');
});
