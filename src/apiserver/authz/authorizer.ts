/** Whether somebody may do something, as a port: the built-in policy now, RBAC behind it later. */
import type { UserInfo } from "../authn/user.ts";

export type AccessAttributes =
  | {
      readonly kind: "resource";
      readonly user: UserInfo;
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: "path"; readonly user: UserInfo; readonly verb: string; readonly path: string };

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

export interface AccessRules {
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly nonResourceRules: readonly { readonly verbs: readonly string[]; readonly nonResourceURLs: readonly string[] }[];
}

export interface Authorizer {
  authorize(attributes: AccessAttributes): Decision | Promise<Decision>;
  /** What the user may do in a namespace, for `kubectl auth can-i --list`. */
  rules(user: UserInfo, namespace: string): AccessRules | Promise<AccessRules>;
}
