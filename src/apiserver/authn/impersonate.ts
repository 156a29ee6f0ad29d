/**
 * `kubectl --as`: who may, acts as somebody else. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation.go
 */
import type { ApiRequest } from "../../machinery/http.ts";
import { badRequest } from "../../machinery/status.ts";
import type { AccessAttributes, Authorizer } from "../authz/authorizer.ts";
import { refusal } from "../authz/refusal.ts";
import { anonymousUser, authenticated, serviceAccountsGroup } from "./user.ts";
import type { UserInfo } from "./user.ts";

const extraPrefix = "impersonate-extra-";

/** The user to act as; `user` when the request names nobody else. Throws 400 or 403. */
export async function impersonated(request: ApiRequest, user: UserInfo, authorizer: Authorizer): Promise<UserInfo> {
  const wanted = wantedUser(request.headers);
  if (wanted === undefined) return user;
  for (const attributes of permissionsFor(wanted, user)) {
    const { allowed, reason } = await authorizer.authorize(attributes);
    if (!allowed) throw refusal(attributes, reason);
  }
  return withOwnGroups(wanted);
}

function wantedUser(headers: ApiRequest["headers"]): UserInfo | undefined {
  const name = headers["impersonate-user"] ?? "";
  const groups = listed(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"];
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith(extraPrefix)) extra[decodeKey(header.slice(extraPrefix.length))] = listed(value);
  }
  if (name !== "") return { name, uid, groups, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
  if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0) {
    throw badRequest("requested impersonation of groups, a uid or extra values without impersonating a user");
  }
  return undefined;
}

function listed(header: string | undefined): string[] {
  return (header ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One question for each part of the other identity. */
function permissionsFor(wanted: UserInfo, user: UserInfo): AccessAttributes[] {
  const base = { kind: "resource", user, verb: "impersonate", version: "v1" } as const;
  const ask = (
    resource: string,
    name: string,
    more: { group?: string; namespace?: string; subresource?: string } = {},
  ): AccessAttributes => {
    const { group = "", namespace = "", subresource = "" } = more;
    return { ...base, resource, name, group, namespace, subresource };
  };
  const account = serviceAccountOf(wanted.name);
  const who = account === undefined ? ask("users", wanted.name) : ask("serviceaccounts", account.name, { namespace: account.namespace });
  const group = "authentication.k8s.io";
  return [
    who,
    ...wanted.groups.map((name) => ask("groups", name)),
    ...(wanted.uid === undefined ? [] : [ask("uids", wanted.uid, { group })]),
    ...Object.entries(wanted.extra ?? {}).flatMap(([key, values]) =>
      values.map((value) => ask("userextras", value, { group, subresource: key })),
    ),
  ];
}

function serviceAccountOf(name: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  return match === null ? undefined : { namespace: match[1] ?? "", name: match[2] ?? "" };
}

function withOwnGroups(user: UserInfo): UserInfo {
  if (user.name === anonymousUser.name) return user;
  const account = serviceAccountOf(user.name);
  if (account === undefined || user.groups.length > 0) return authenticated(user);
  return authenticated({ ...user, groups: [serviceAccountsGroup, `${serviceAccountsGroup}:${account.namespace}`] });
}
