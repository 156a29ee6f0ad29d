/**
 * Who makes a request: a client certificate, a component's static token or a ServiceAccount's token; nobody is anonymous.
 * Left out: OIDC, webhooks, bootstrap tokens.
 * Upstream: pkg/kubeapiserver/authenticator/config.go, pkg/serviceaccount/claims.go
 */
import type { Clock } from "../../base/clock.ts";
import type { ApiRequest } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { unauthorized } from "../../machinery/status.ts";
import { timeMs } from "../../machinery/time.ts";
import type { BoundObject, ServiceAccountClaims, TokenAuthority } from "./tokens.ts";
import { anonymousUser, authenticated, serviceAccountsGroup } from "./user.ts";
import type { UserInfo } from "./user.ts";

/** Whom the listener's client certificate names. In process: the component itself. */
export interface CertificateIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface AuthenticationOptions {
  /** Tokens of the cluster's own components. */
  readonly staticTokens?: Readonly<Record<string, UserInfo>> | undefined;
  readonly tokenAuthority?: TokenAuthority | undefined;
}

/** Reads an object from the caches: a token dies with what it is bound to. */
export type Lookup = (plural: string, namespace: string, name: string) => KubeObject | undefined;

export interface TokenVerdict {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** A deleted object's token stays good this long, as upstream, so that a pod can end in order. */
const deletedLeewayMs = 60_000;

export class Authenticator {
  private readonly staticTokens: ReadonlyMap<string, UserInfo>;
  private readonly authority: TokenAuthority | undefined;
  private readonly lookup: Lookup;
  private readonly clock: Clock;

  constructor(options: AuthenticationOptions, lookup: Lookup, clock: Clock) {
    this.staticTokens = new Map(Object.entries(options.staticTokens ?? {}));
    this.authority = options.tokenAuthority;
    this.lookup = lookup;
    this.clock = clock;
  }

  /** Throws 401 for credentials that are no good; without any it's the anonymous user. */
  async authenticate(request: ApiRequest, identity: CertificateIdentity | undefined): Promise<UserInfo> {
    const token = bearerToken(request.headers["authorization"]);
    if (token !== undefined) {
      const verdict = await this.verify(token, undefined);
      if (verdict === undefined) throw unauthorized();
      return verdict.user;
    }
    if (identity === undefined || identity.commonName === "") return anonymousUser;
    return authenticated({ name: identity.commonName, groups: identity.organizations });
  }

  /** `audiences` absent: the API server's own. Undefined: not a good token. */
  async verify(token: string, audiences: readonly string[] | undefined): Promise<TokenVerdict | undefined> {
    const known = this.staticTokens.get(token);
    if (known !== undefined) return { user: authenticated(known), audiences: audiences ?? [] };
    const claims = await this.authority?.verify(token);
    if (claims === undefined || this.authority === undefined) return undefined;
    const wanted = audiences ?? [this.authority.issuer];
    const shared = claims.audiences.filter((audience) => wanted.includes(audience));
    if (shared.length === 0 || !this.alive(claims)) return undefined;
    return { user: serviceAccountUser(claims), audiences: shared };
  }

  private alive(claims: ServiceAccountClaims): boolean {
    const { namespace, name, uid, pod, secret, node } = claims;
    if (claims.expiresAt * 1000 <= this.clock.now()) return false;
    return (
      this.present("serviceaccounts", namespace, { name, uid }) &&
      (pod === undefined || this.present("pods", namespace, pod)) &&
      (secret === undefined || this.present("secrets", namespace, secret)) &&
      // A pod's token names its node for information only.
      (node === undefined || pod !== undefined || this.present("nodes", "", node))
    );
  }

  private present(plural: string, namespace: string, bound: BoundObject): boolean {
    const object = this.lookup(plural, namespace, bound.name);
    if (object === undefined || object.metadata.uid !== bound.uid) return false;
    const deleted = timeMs(object.metadata.deletionTimestamp);
    return deleted === undefined || deleted + deletedLeewayMs > this.clock.now();
  }
}

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const match = /^bearer +(\S+) *$/i.exec(header);
  return match?.[1];
}

export function serviceAccountUser(claims: ServiceAccountClaims): UserInfo {
  const { namespace, name, uid, pod, node, id } = claims;
  const extra: Record<string, readonly string[]> = { "authentication.kubernetes.io/credential-id": [`JTI=${id}`] };
  if (node !== undefined) {
    extra["authentication.kubernetes.io/node-name"] = [node.name];
    extra["authentication.kubernetes.io/node-uid"] = [node.uid];
  }
  if (pod !== undefined) {
    extra["authentication.kubernetes.io/pod-name"] = [pod.name];
    extra["authentication.kubernetes.io/pod-uid"] = [pod.uid];
  }
  const groups = [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`];
  return authenticated({ name: `system:serviceaccount:${namespace}:${name}`, uid, groups, extra });
}
