/**
 * Whether a server's certificate is surely good: issued by one of the given authorities itself, with nothing about either that needs a second look.
 * Stricter than OpenSSL: whatever isn't plain (a chain, constraints, old algorithms, ...) is no, and then OpenSSL is asked the usual way. It is there
 * because Node reads some 140 public roots, 15 ms and more, before it lets OpenSSL look at the one authority of a kubeconfig.
 * Left out, as OpenSSL does it no more often: the authority's own signature (it is trusted by being given), revocation.
 */
import { type KeyObject, X509Certificate } from "node:crypto";
import { checkServerIdentity } from "node:tls";
import { certificateFacts, keyUsageBits } from "./certificateFacts.ts";

const maxAuthorities = 4;
const serverAuth = "1.3.6.1.5.5.7.3.1";
const keyUsage = "551d0f";
const subjectAltName = "551d11";
const basicConstraints = "551d13";
const extendedKeyUsage = "551d25";
const understood = new Set([keyUsage, subjectAltName, basicConstraints, extendedKeyUsage]);
/** Subject and authority key ids (the latter is looked at by checkIssued), CRL and OCSP places: nothing that OpenSSL refuses by. */
const harmless = new Set(["551d0e", "551d23", "551d1f", "2b06010505070101"]);
const sound = new Set([
  // RSA with SHA-256, 384, 512; ECDSA with the same; Ed25519.
  "2a864886f70d01010b",
  "2a864886f70d01010c",
  "2a864886f70d01010d",
  "2a8648ce3d040302",
  "2a8648ce3d040303",
  "2a8648ce3d040304",
  "2b6570",
]);
const mayServe = 0x80 | 0x20 | 0x08;
const maySign = 0x04;

export interface Trust {
  readonly authorities: readonly X509Certificate[];
  readonly nowMs: number;
}

/** undefined where they aren't plain certificates, or many. */
export function authoritiesOf(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/g) ?? [];
  const plain = blocks.every((block) => block.startsWith("-----BEGIN CERTIFICATE-----"));
  if (!plain || blocks.length === 0 || blocks.length > maxAuthorities) return undefined;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

export function surelyTrusted(server: X509Certificate, host: string, { authorities, nowMs }: Trust): boolean {
  try {
    return (
      authorities.some(
        (authority) => isAuthority(authority, nowMs) && server.checkIssued(authority) && server.verify(authority.publicKey),
      ) &&
      isServer(server, nowMs) &&
      checkServerIdentity(host, server.toLegacyObject()) === undefined
    );
  } catch {
    return false;
  }
}

function isAuthority(certificate: X509Certificate, nowMs: number): boolean {
  // One that others have issued is no end of a chain.
  return certificate.ca && certificate.checkIssued(certificate) && isPlain(certificate, nowMs, maySign);
}

function isServer(certificate: X509Certificate, nowMs: number): boolean {
  return !certificate.ca && isPlain(certificate, nowMs, mayServe) && sound.has(certificateFacts(certificate.raw).signatureAlgorithm);
}

function isPlain(certificate: X509Certificate, nowMs: number, usage: number): boolean {
  const { validFrom, validTo, publicKey } = certificate;
  if (!(Date.parse(validFrom) < nowMs && nowMs < Date.parse(validTo)) || !isStrong(publicKey)) return false;
  const { extensions } = certificateFacts(certificate.raw);
  for (const [name, { critical }] of extensions) if (!understood.has(name) && (critical || !harmless.has(name))) return false;
  const usages = extensions.get(keyUsage);
  if (usages !== undefined && (keyUsageBits(usages.value) & usage) === 0) return false;
  // Node's name for the extended one.
  return !extensions.has(extendedKeyUsage) || certificate.keyUsage.includes(serverAuth);
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "rsa") return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  if (asymmetricKeyType === "ec") return ["prime256v1", "secp384r1", "secp521r1"].includes(asymmetricKeyDetails?.namedCurve ?? "");
  return asymmetricKeyType === "ed25519";
}
