/**
 * ServiceAccount tokens as JWTs, signed with ES256 or RS256 by Web Crypto. The key is given, never read or made here.
 * Upstream: pkg/serviceaccount/{jwt,claims}.go
 */
import type { BoundObject, ServiceAccountClaims, TokenAuthority } from "./tokens.ts";

/** A Web Crypto key, by whatever name the host's types know it. */
export type SigningKey = Parameters<typeof crypto.subtle.sign>[1];

export interface JwtAuthorityOptions {
  readonly issuer: string;
  /** ECDSA P-256 or RSASSA-PKCS1-v1_5 with SHA-256; the public key extractable. */
  readonly privateKey: SigningKey;
  readonly publicKey: SigningKey;
}

/** Verified tokens are remembered: a signature check costs more than the rest of a request. */
const maxRemembered = 1_024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export async function createJwtAuthority(options: JwtAuthorityOptions): Promise<TokenAuthority> {
  const { issuer, privateKey, publicKey } = options;
  const elliptic = privateKey.algorithm.name === "ECDSA";
  const algorithm = elliptic ? { name: "ECDSA", hash: "SHA-256" } : { name: "RSASSA-PKCS1-v1_5" };
  const alg = elliptic ? "ES256" : "RS256";
  const keyId = await keyIdOf(publicKey);
  const header = base64Url(encoder.encode(JSON.stringify({ alg, kid: keyId })));
  const verified = new Map<string, ServiceAccountClaims>();

  return {
    issuer,
    async sign(claims) {
      const body = `${header}.${base64Url(encoder.encode(JSON.stringify(payloadOf(claims, issuer))))}`;
      const signature = await crypto.subtle.sign(algorithm, privateKey, encoder.encode(body));
      return `${body}.${base64Url(new Uint8Array(signature))}`;
    },
    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined) return known;
      const parts = token.split(".");
      const [head = "", body = "", signature = ""] = parts;
      if (parts.length !== 3 || head !== header) return undefined;
      const signed = fromBase64Url(signature);
      if (signed === undefined) return undefined;
      const good = await crypto.subtle.verify(algorithm, publicKey, signed, encoder.encode(`${head}.${body}`));
      const claims = good ? claimsOf(body, issuer) : undefined;
      if (claims === undefined) return undefined;
      if (verified.size >= maxRemembered) verified.clear();
      verified.set(token, claims);
      return claims;
    },
    async keys() {
      const jwk = await crypto.subtle.exportKey("jwk", publicKey);
      const { kty, crv, x, y, n, e } = jwk;
      return [JSON.parse(JSON.stringify({ use: "sig", kty, kid: keyId, crv, alg, x, y, n, e })) as object];
    },
  };
}

async function keyIdOf(publicKey: SigningKey): Promise<string> {
  const der = await crypto.subtle.exportKey("spki", publicKey);
  return base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
}

function payloadOf(claims: ServiceAccountClaims, issuer: string): object {
  const { namespace, name, uid, pod, node, secret } = claims;
  const bound = {
    namespace,
    ...(node === undefined ? {} : { node }),
    ...(pod === undefined ? {} : { pod }),
    ...(secret === undefined ? {} : { secret }),
    serviceaccount: { name, uid },
  };
  return {
    aud: claims.audiences,
    exp: claims.expiresAt,
    iat: claims.issuedAt,
    iss: issuer,
    jti: claims.id,
    "kubernetes.io": bound,
    nbf: claims.issuedAt,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

interface Payload {
  readonly aud?: readonly string[];
  readonly exp?: number;
  readonly iat?: number;
  readonly iss?: string;
  readonly jti?: string;
  readonly "kubernetes.io"?: {
    readonly namespace: string;
    readonly serviceaccount: BoundObject;
    readonly pod?: BoundObject;
    readonly node?: BoundObject;
    readonly secret?: BoundObject;
  };
}

/** The body is ours: its signature was checked. */
function claimsOf(body: string, issuer: string): ServiceAccountClaims | undefined {
  const bytes = fromBase64Url(body);
  if (bytes === undefined) return undefined;
  const payload = JSON.parse(decoder.decode(bytes)) as Payload;
  const about = payload["kubernetes.io"];
  if (payload.iss !== issuer || about === undefined) return undefined;
  return {
    namespace: about.namespace,
    name: about.serviceaccount.name,
    uid: about.serviceaccount.uid,
    audiences: payload.aud ?? [],
    issuedAt: payload.iat ?? 0,
    expiresAt: payload.exp ?? 0,
    id: payload.jti ?? "",
    pod: about.pod,
    node: about.node,
    secret: about.secret,
  };
}

function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
