import { expect, test } from "vitest";
import { createJwtAuthority } from "./jwt.ts";
import type { TokenAuthority } from "./tokens.ts";

const algorithms = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
};

async function authority(alg: keyof typeof algorithms, issuer = "https://kubernetes.default.svc"): Promise<TokenAuthority> {
  const pair = await crypto.subtle.generateKey(algorithms[alg], true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("not a pair");
  return await createJwtAuthority({ issuer, privateKey: pair.privateKey, publicKey: pair.publicKey });
}

const claims = {
  namespace: "default",
  name: "web",
  uid: "u1",
  audiences: ["https://kubernetes.default.svc"],
  issuedAt: 1_000,
  expiresAt: 4_600,
  id: "j1",
  pod: { name: "web-1", uid: "u2" },
  node: undefined,
  secret: undefined,
};

test.each(["ES256", "RS256"] as const)("%s: what was signed is what is read", async (alg) => {
  const tokens = await authority(alg);
  const token = await tokens.sign(claims);
  const [head = "", body = ""] = token.split(".");
  expect(JSON.parse(atob(head))).toMatchObject({ alg });
  expect(JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")))).toMatchObject({
    sub: "system:serviceaccount:default:web",
    iss: "https://kubernetes.default.svc",
    exp: 4_600,
    "kubernetes.io": { namespace: "default", serviceaccount: { name: "web", uid: "u1" }, pod: { name: "web-1", uid: "u2" } },
  });
  expect(await tokens.verify(token)).toEqual(claims);
  expect(await tokens.verify(token)).toEqual(claims);
});

test("what somebody else signed, or changed, is no token", async () => {
  const [tokens, others] = [await authority("ES256"), await authority("ES256")];
  const token = await tokens.sign(claims);
  const [head = "", body = "", signature = ""] = token.split(".");
  const forged = btoa(JSON.stringify({ sub: "system:serviceaccount:kube-system:root" })).replace(/=+$/, "");
  const none = btoa('{"alg":"none"}').replace(/=+$/, "");
  const bad = [await others.sign(claims), `${head}.${forged}.${signature}`, `${none}.${body}.`, `${head}.${body}.`, "", "a.b", "é.é.é"];
  for (const text of bad) expect(await tokens.verify(text)).toBeUndefined();
});

test("its keys verify its tokens", async () => {
  const tokens = await authority("ES256");
  const [key] = (await tokens.keys()) as [{ kid: string }];
  const [head = ""] = (await tokens.sign(claims)).split(".");
  expect(key).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid: JSON.parse(atob(head)).kid });
  expect(key).not.toHaveProperty("d");
});
