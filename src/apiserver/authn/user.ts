/** Who makes a request, as authentication found out. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

export const authenticatedGroup = "system:authenticated";
export const mastersGroup = "system:masters";
export const nodesGroup = "system:nodes";
export const serviceAccountsGroup = "system:serviceaccounts";

export const anonymousUser: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Whoever is known by certificate or token is authenticated, too. */
export function authenticated(user: UserInfo): UserInfo {
  return user.groups.includes(authenticatedGroup) ? user : { ...user, groups: [...user.groups, authenticatedGroup] };
}
