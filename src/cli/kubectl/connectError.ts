/** What Node says of a connection that failed, in the words of Go, because people search for those. */
import { isIP } from "node:net";
import { ConnectError, type ConnectionTarget } from "../../kubectl/host.ts";

const unknownAuthority = "tls: failed to verify certificate: x509: certificate signed by unknown authority";

/** Node's words as Go's, by its codes; what is no failure of the network is left alone. */
export function asConnectError(error: unknown, { server, proxyUrl }: Pick<ConnectionTarget, "server" | "proxyUrl">): unknown {
  const { code, message, name } = error as NodeJS.ErrnoException;
  const url = new URL(proxyUrl ?? server);
  if (name === "AbortError" || code === undefined) return error;
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  const address = `${url.hostname === "localhost" ? "127.0.0.1" : url.hostname}:${port}`;
  const told: Readonly<Record<string, string>> = {
    ECONNREFUSED: `dial tcp ${address}: connect: connection refused`,
    ENOTFOUND: `dial tcp: lookup ${url.hostname}: no such host`,
    EAI_AGAIN: `dial tcp: lookup ${url.hostname}: no such host`,
    ETIMEDOUT: `dial tcp ${address}: i/o timeout`,
    EHOSTUNREACH: `dial tcp ${address}: connect: no route to host`,
    ENETUNREACH: `dial tcp ${address}: connect: network is unreachable`,
    ECONNRESET: `read tcp ${address}: read: connection reset by peer`,
    SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
    DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
    UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
    CERT_HAS_EXPIRED: "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    ERR_TLS_CERT_ALTNAME_INVALID: wrongName(error, url.hostname),
  };
  return new ConnectError(
    `${proxyUrl === undefined || !told[code]?.startsWith("dial ") ? "" : "proxyconnect tcp: "}${told[code] ?? message}`,
  );
}

/** Go lists the names that the certificate is good for. */
function wrongName(error: unknown, hostname: string): string {
  const { cert, host = hostname } = error as { cert?: { subjectaltname?: string }; host?: string };
  const isAddress = isIP(host) > 0;
  const names = (cert?.subjectaltname ?? "")
    .split(", ")
    .filter((name) => name.startsWith(isAddress ? "IP Address:" : "DNS:"))
    .map((name) => name.slice(name.indexOf(":") + 1));
  return `tls: failed to verify certificate: x509: certificate is valid for ${names.join(", ")}, not ${host}`;
}
