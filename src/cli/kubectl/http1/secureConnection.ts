/** A TLS connection to an API server, its certificate checked. Where that is plainly good, without Node's long preparations for checking any at all. */
import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import * as tls from "node:tls";
import { asServerName } from "../../../host-node/serverTrust/serverName.ts";
import { authoritiesOf, surelyTrusted } from "../../../host-node/serverTrust/surelyTrusted.ts";

export interface SecureTarget {
  readonly host: string;
  readonly port: number;
  /** The name or address that the certificate must be for. */
  readonly serverName: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** Opens connections to one server. */
export function secureConnections(target: SecureTarget): () => Promise<tls.TLSSocket> {
  const { host, port, serverName, ca, cert, key, rejectUnauthorized } = target;
  const options = {
    host,
    port,
    ca,
    cert,
    key,
    rejectUnauthorized,
    servername: asServerName(serverName),
    checkServerIdentity: (_: string, certificate: tls.PeerCertificate) => tls.checkServerIdentity(serverName, certificate),
    ALPNProtocols: ["http/1.1"],
  };
  const usual = (): Promise<tls.TLSSocket> => connected(options);
  const authorities = rejectUnauthorized && ca !== undefined ? authoritiesOf(ca) : undefined;
  if (authorities === undefined) return usual;
  // With an empty list of authorities Node prepares none, and finds every certificate wrong: this context must never be used without the check below.
  const secureContext = tls.createSecureContext({ ca: [], cert, key });
  let plain = true;
  return async () => {
    if (!plain) return await usual();
    const socket = await connected({
      ...options,
      ca: undefined,
      cert: undefined,
      key: undefined,
      secureContext,
      rejectUnauthorized: false,
    });
    const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
    if (certificate !== undefined && surelyTrusted(certificate, serverName, { authorities, nowMs: Date.now() })) return socket;
    socket.destroy();
    plain = false;
    return await usual();
  };
}

async function connected(options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  const socket = tls.connect(options);
  await once(socket, "secureConnect");
  return socket;
}
