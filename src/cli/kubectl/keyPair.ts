/** Whether a certificate and a private key fit, in the words of Go's crypto/tls. */
export async function keyPairProblem(cert: string, key: string): Promise<string | undefined> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  let certificate: InstanceType<typeof X509Certificate>;
  try {
    certificate = new X509Certificate(cert.slice(cert.indexOf("-----BEGIN CERTIFICATE-----")));
  } catch {
    return "failed to parse certificate";
  }
  try {
    // Parameters of a curve may stand in front of its key.
    const privateKey = createPrivateKey(key.replace(/-----BEGIN EC PARAMETERS-----[^]*?-----END EC PARAMETERS-----\s*/, ""));
    if (certificate.checkPrivateKey(privateKey)) return undefined;
    const sameType = certificate.publicKey.asymmetricKeyType === privateKey.asymmetricKeyType;
    return sameType ? "private key does not match public key" : "private key type does not match public key type";
  } catch {
    return "failed to parse private key";
  }
}
