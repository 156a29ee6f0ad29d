/**
 * The cluster's certificates: one CA (P-256), the API server's serving certificate, the admin's client certificate, and the
 * key that signs ServiceAccount tokens. Made once per cluster; all valid for ten years, as nobody renews a practice cluster.
 */
import "reflect-metadata";
import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export interface ClusterCertificates {
  readonly caCert: string;
  readonly caKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly adminCert: string;
  readonly adminKey: string;
  /** PKCS#8 PEM, P-256: signs ServiceAccount tokens (ES256). */
  readonly tokenKey: string;
  readonly tokenPublicKey: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const validYears = 10;

type Pair = webcrypto.CryptoKeyPair;

async function newPair(): Promise<Pair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function pemOf(pair: Pair): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", pair.privateKey);
  return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }) as string;
}

function validity(nowMs: number): { notBefore: Date; notAfter: Date } {
  const notAfter = new Date(nowMs);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + validYears);
  return { notBefore: new Date(nowMs - 3_600_000), notAfter };
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(12))).toString("hex");
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly pair: Pair;
}

interface LeafRequest {
  readonly subject: string;
  readonly names: readonly { type: "dns" | "ip"; value: string }[];
  readonly usage: "server" | "client";
}

async function leaf(authority: Authority, request: LeafRequest, nowMs: number): Promise<{ cert: string; key: string }> {
  const pair = await newPair();
  const purpose = request.usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: request.subject,
    issuer: authority.certificate.subject,
    ...validity(nowMs),
    signingAlgorithm: algorithm,
    publicKey: pair.publicKey,
    signingKey: authority.pair.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purpose]),
      ...(request.names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...request.names])] : []),
    ],
  });
  return { cert: certificate.toString("pem"), key: await pemOf(pair) };
}

/** `addresses`: IPs and names under which the API server is reached, beside the usual `kubernetes.default...` ones. */
export async function createClusterCertificates(
  clusterName: string,
  addresses: readonly string[],
  nowMs: number,
): Promise<ClusterCertificates> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const caPair = await newPair();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=coxswain-${clusterName}-ca`,
    ...validity(nowMs),
    signingAlgorithm: algorithm,
    keys: caPair,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  const authority = { certificate: ca, pair: caPair };
  const names = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
    ...addresses,
  ];
  const [server, admin, tokenPair] = await Promise.all([
    leaf(
      authority,
      {
        subject: "CN=kube-apiserver",
        names: names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? "ip" : "dns", value })),
        usage: "server",
      },
      nowMs,
    ),
    leaf(authority, { subject: "O=system:masters, CN=kubernetes-admin", names: [], usage: "client" }, nowMs),
    newPair(),
  ]);
  const tokenKey = await pemOf(tokenPair);
  return {
    caCert: ca.toString("pem"),
    caKey: await pemOf(caPair),
    serverCert: server.cert,
    serverKey: server.key,
    adminCert: admin.cert,
    adminKey: admin.key,
    tokenKey,
    tokenPublicKey: createPublicKey(tokenKey).export({ format: "pem", type: "spki" }) as string,
  };
}
