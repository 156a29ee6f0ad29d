import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { expect, test } from "vitest";
import { authoritiesOf, surelyTrusted } from "./surelyTrusted.ts";

const nowMs = Date.parse("2026-06-01T00:00:00Z");
const day = 86_400_000;
const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const rsa = (modulusLength: number, hash: string): webcrypto.RsaHashedKeyGenParams => ({
  name: "RSASSA-PKCS1-v1_5",
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash,
});
type Algorithm = typeof ecdsa | webcrypto.RsaHashedKeyGenParams;

const pairOf = (algorithm: Algorithm): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

interface Made {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

interface Wish {
  readonly name: string;
  readonly issuer?: Made;
  readonly extensions: readonly x509.Extension[];
  readonly algorithm?: Algorithm;
  readonly fromMs?: number;
  readonly toMs?: number;
}

async function made({ name, issuer, extensions, algorithm = ecdsa, fromMs = nowMs - day, toMs = nowMs + day }: Wish): Promise<Made> {
  const keys = await pairOf(algorithm);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "01",
    subject: `CN=${name}`,
    issuer: issuer?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: issuer === undefined ? algorithm : issuer.keys.privateKey.algorithm,
    extensions: [...extensions],
  });
  return { certificate, keys };
}

const ca = new x509.BasicConstraintsExtension(true, undefined, true);
const noCa = new x509.BasicConstraintsExtension(false, undefined, true);
const signs = new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true);
const serves = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]);
const names = new x509.SubjectAlternativeNameExtension([
  { type: "dns", value: "api.example" },
  { type: "ip", value: "127.0.0.1" },
]);

const authority = await made({ name: "ca", extensions: [ca, signs] });
const usual = [noCa, serves, names];

async function verdict(server: Partial<Wish>, given: Made = authority, host = "api.example"): Promise<boolean> {
  const { certificate } = await made({ name: "server", issuer: authority, extensions: usual, ...server });
  const authorities = authoritiesOf(given.certificate.toString("pem")) ?? [];
  return surelyTrusted(new X509Certificate(certificate.toString("pem")), host, { authorities, nowMs });
}

test("a certificate of the authority's, by its name and its address", async () => {
  expect(await verdict({})).toBe(true);
  expect(await verdict({}, authority, "127.0.0.1")).toBe(true);
});

test("with an authority of RSA", async () => {
  const issuer = await made({ name: "rsa", extensions: [ca], algorithm: rsa(2048, "SHA-256") });
  expect(await verdict({ issuer }, issuer)).toBe(true);
});

const unknown = (critical: boolean): x509.Extension => new x509.Extension("1.2.3.4", critical, new Uint8Array([5, 0]));
const clientOnly = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);

test.each<[string, Partial<Wish>]>([
  ["expired", { toMs: nowMs - 1000 }],
  ["not yet valid", { fromMs: nowMs + 2000 }],
  ["for clients only", { extensions: [noCa, clientOnly, names] }],
  ["whose key may sign certificates only", { extensions: [noCa, signs, names] }],
  ["that is an authority itself", { extensions: [ca, serves, names] }],
  ["with a critical extension that isn't understood", { extensions: [...usual, unknown(true)] }],
  ["with any extension that isn't known", { extensions: [...usual, unknown(false)] }],
  ["without names", { extensions: [noCa, serves] }],
  ["of a short key", { algorithm: rsa(1024, "SHA-256") }],
])("not one %s", async (_, wish) => {
  expect(await verdict(wish)).toBe(false);
});

test("not for another name or address", async () => {
  expect(await verdict({}, authority, "other.example")).toBe(false);
  expect(await verdict({}, authority, "127.0.0.2")).toBe(false);
});

test("not of another authority, though it bears the same name", async () => {
  expect(await verdict({}, await made({ name: "ca", extensions: [ca, signs] }))).toBe(false);
});

test.each<[string, Partial<Wish>]>([
  ["is no authority", { extensions: [noCa, names] }],
  ["says nothing of being one", { extensions: [] }],
  ["may not sign", { extensions: [ca, new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)] }],
  ["is for clients only", { extensions: [ca, clientOnly] }],
  ["has expired", { toMs: nowMs - 1000 }],
  ["is constrained", { extensions: [ca, new x509.Extension("2.5.29.30", false, new Uint8Array([0x30, 0]))] }],
  ["has a short key", { algorithm: rsa(1024, "SHA-256") }],
  ["signs with SHA-1", { algorithm: rsa(2048, "SHA-1") }],
  ["was issued by another", { issuer: authority }],
])("not where the issuer %s", async (_, wish) => {
  const issuer = await made({ name: "issuer", extensions: [ca, signs], ...wish });
  expect(await verdict({ issuer }, issuer)).toBe(false);
});

test("authorities that aren't plain are left to OpenSSL", () => {
  const pem = authority.certificate.toString("pem");
  expect(authoritiesOf(`# ours\n${pem}\n${pem}`)).toHaveLength(2);
  expect(authoritiesOf(Array.from({ length: 5 }, () => pem).join("\n"))).toBeUndefined();
  expect(authoritiesOf(pem.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"))).toBeUndefined();
  expect(authoritiesOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")).toBeUndefined();
  expect(authoritiesOf("")).toBeUndefined();
});
