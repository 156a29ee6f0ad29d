/** JSON web tokens with a shared secret (HS256): what auth hands out and hello's /secure asks for. */
import { createHmac, timingSafeEqual } from "node:crypto";

export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
}

export function signToken(claims: Claims, secret: string): string {
  const head = encode({ alg: "HS256", typ: "JWT" });
  const body = encode(claims);
  return `${head}.${body}.${signatureOf(`${head}.${body}`, secret).toString("base64url")}`;
}

/** False for anything that isn't a token of ours or whose time is over. */
export function isValidToken(token: string, secret: string, nowSeconds: number): boolean {
  const [head = "", body = "", signature = ""] = token.split(".");
  const given = Buffer.from(signature, "base64url");
  const wanted = signatureOf(`${head}.${body}`, secret);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
  try {
    const { alg } = JSON.parse(Buffer.from(head, "base64url").toString()) as { alg?: unknown };
    const { exp } = JSON.parse(Buffer.from(body, "base64url").toString()) as { exp?: unknown };
    return alg === "HS256" && (exp === undefined || (typeof exp === "number" && exp > nowSeconds));
  } catch {
    return false;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function signatureOf(text: string, secret: string): Buffer {
  return createHmac("sha256", secret).update(text).digest();
}
