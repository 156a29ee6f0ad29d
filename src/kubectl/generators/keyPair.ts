/** The checks of a certificate and its key, up to whether they fit. Upstream: Go's crypto/tls (X509KeyPair) */
import { KubectlError } from "../errors.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { KubectlHost } from "../host.ts";

/** Throws what Go says of them. Whether the two fit is the host's to find out, where it can. */
export async function checkKeyPair(cert: string, key: string, host: Pick<KubectlHost, "keyPairProblem">): Promise<void> {
  const certTypes = blockTypes(cert);
  if (!certTypes.includes("CERTIFICATE")) throw new KubectlError(`tls: ${noCertificate(certTypes)}`);
  const keyTypes = blockTypes(key);
  if (!keyTypes.some((type) => type.endsWith("PRIVATE KEY"))) throw new KubectlError(`tls: ${noKey(keyTypes)}`);
  const problem = await host.keyPairProblem?.(cert, key);
  if (problem !== undefined) throw new KubectlError(`tls: ${problem}`);
}

/** The types of a text's PEM blocks: `CERTIFICATE`, `RSA PRIVATE KEY`. */
export function blockTypes(text: string): string[] {
  return [...text.matchAll(/-----BEGIN ([^-\n]+)-----[^]*?-----END \1-----/g)].map(([, type = ""]) => type);
}

function noCertificate(skipped: readonly string[]): string {
  if (skipped.length === 0) return "failed to find any PEM data in certificate input";
  if (skipped.length === 1 && skipped[0]?.endsWith("PRIVATE KEY") === true) {
    return "failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
  }
  return `failed to find ${goQuote("CERTIFICATE")} PEM block in certificate input after skipping PEM blocks of the following types: [${skipped.join(" ")}]`;
}

function noKey(skipped: readonly string[]): string {
  if (skipped.length === 0) return "failed to find any PEM data in key input";
  if (skipped.length === 1 && skipped[0] === "CERTIFICATE") return "found a certificate rather than a key in the PEM for the private key";
  return `failed to find PEM block with type ending in ${goQuote("PRIVATE KEY")} in key input after skipping PEM blocks of the following types: [${skipped.join(" ")}]`;
}
