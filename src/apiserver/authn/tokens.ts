/** ServiceAccount tokens as a port: whoever holds the key signs and verifies. Adapter: authn/jwt.ts. */
export interface ServiceAccountClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly id: string;
  /** The object that the token dies with. */
  readonly pod?: BoundObject | undefined;
  readonly node?: BoundObject | undefined;
  readonly secret?: BoundObject | undefined;
}

export interface BoundObject {
  readonly name: string;
  readonly uid: string;
}

export interface TokenAuthority {
  /** The `iss` of its tokens, which is also the audience they are for by default. */
  readonly issuer: string;
  sign(claims: ServiceAccountClaims): Promise<string>;
  /** Undefined when the token isn't one of ours: wrong form, key or issuer. Neither expiry nor audience is checked here. */
  verify(token: string): Promise<ServiceAccountClaims | undefined>;
  /** Public keys as a JWKS document's `keys`. */
  keys(): Promise<readonly object[]>;
}
