/** Client transport over TLS, to any API server. */
import * as https from "node:https";
import { type ClosableTransport, maxIdleSockets, send } from "./plainTransports.ts";

export interface TlsTarget {
  /** e.g. `https://127.0.0.1:6443`, with an optional path prefix. */
  readonly server: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecure?: boolean | undefined;
}

export function tlsTransport(target: TlsTarget): ClosableTransport {
  const url = new URL(target.server);
  const prefix = url.pathname.replace(/\/$/, "");
  const agent = new https.Agent({
    keepAlive: true,
    maxFreeSockets: maxIdleSockets,
    ca: target.ca,
    cert: target.cert,
    key: target.key,
    rejectUnauthorized: target.insecure !== true,
  });
  const base = {
    host: url.hostname,
    port: url.port === "" ? 443 : Number(url.port),
    agent,
    servername: target.serverName ?? asServerName(url),
  };
  return {
    transport: (request) => send((options, done) => https.request({ ...base, ...options, path: prefix + request.url }, done), request),
    close: () => agent.destroy(),
  };
}

/** Addresses aren't asked for by name. Node would find that out too, by an expression whose compilation takes milliseconds. */
function asServerName({ hostname }: URL): string {
  return /^[\d.]+$|:/.test(hostname) ? "" : hostname;
}
