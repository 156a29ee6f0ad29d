/** Client transport over TLS, to any API server. */
import * as https from "node:https";
import type * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { withoutBrackets } from "../base/urlHost.ts";
import type { ClosableTransport } from "./closableTransport.ts";
import { maxIdleSockets, send } from "./plainTransports.ts";
import { openTunnel } from "./proxyTunnel.ts";

export interface TlsTarget {
  /** e.g. `https://127.0.0.1:6443`, with an optional path prefix. */
  readonly server: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecure?: boolean | undefined;
  /** `http://`, `https://` or `socks5://`. */
  readonly proxyUrl?: string | undefined;
}

export function tlsTransport(target: TlsTarget): ClosableTransport {
  const url = new URL(target.server);
  const prefix = url.pathname.replace(/\/$/, "");
  const agent = tlsAgent(target);
  const base = {
    host: withoutBrackets(url.hostname),
    port: url.port === "" ? 443 : Number(url.port),
    agent,
    ...serverIdentity(target),
  };
  return {
    transport: (request) => send((options, done) => https.request({ ...base, ...options, path: prefix + request.url }, done), request),
    close: () => agent.destroy(),
  };
}

export function tlsAgent({ ca, cert, key, insecure, proxyUrl }: TlsTarget): https.Agent {
  const options = { keepAlive: true, maxFreeSockets: maxIdleSockets, ca, cert, key, rejectUnauthorized: insecure !== true };
  return proxyUrl === undefined ? new https.Agent(options) : new TunnelAgent(options, proxyUrl);
}

/** TLS inside a proxy's tunnel. */
class TunnelAgent extends https.Agent {
  private readonly proxyUrl: string;

  constructor(options: https.AgentOptions, proxyUrl: string) {
    super(options);
    this.proxyUrl = proxyUrl;
  }

  override createConnection(options: https.RequestOptions, callback?: (error: Error | null, socket: Duplex) => void): undefined {
    const destination = { host: options.host ?? "", port: Number(options.port) };
    const opened = (socket: net.Socket): void => callback?.(null, tls.connect({ ...(options as tls.ConnectionOptions), socket }));
    const failed = (error: Error): void => callback?.(error, undefined as unknown as Duplex);
    openTunnel(this.proxyUrl, destination).then(opened, failed);
  }
}

/** Whose certificate is asked for, and whose is accepted: `serverName`'s if there is one, else the server's own. */
export function serverIdentity({ server, serverName }: TlsTarget): tls.ConnectionOptions {
  const name = serverName ?? withoutBrackets(new URL(server).hostname);
  if (!isAddress(name)) return { servername: name };
  return serverName === undefined
    ? { servername: "" }
    : { servername: "", checkServerIdentity: (_, cert) => tls.checkServerIdentity(name, cert) };
}

/** Addresses aren't asked for by name. Node would find that out too, by an expression whose compilation takes milliseconds. */
function isAddress(name: string): boolean {
  return /^[\d.]+$|:/.test(name);
}
