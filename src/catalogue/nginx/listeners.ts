/** The listening sockets of a configuration. A reload keeps the sockets that stay and only exchanges what answers on them. */
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { ConfigError, systemText } from "./configTree.ts";
import { serverFor } from "./locate.ts";
import type { NginxConfig, VirtualServer } from "./settings.ts";

export interface Site {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly servers: readonly VirtualServer[];
  readonly defaultServer: VirtualServer;
  readonly contexts: ReadonlyMap<VirtualServer, SecureContext>;
}

export type SiteHandler = (site: Site, request: http.IncomingMessage, response: http.ServerResponse) => void;

/** One site per address and port. Reads the certificates: throws ConfigError when one can't be used. */
export function sitesOf(config: NginxConfig): readonly Site[] {
  const byKey = new Map<
    string,
    { address: string; port: number; ssl: boolean; servers: VirtualServer[]; default: VirtualServer | undefined }
  >();
  for (const server of config.servers) {
    for (const listen of server.listens) {
      const key = `${listen.address}:${listen.port}`;
      let site = byKey.get(key);
      if (site === undefined) byKey.set(key, (site = { ...listen, servers: [], default: undefined }));
      site.ssl ||= listen.ssl;
      if (listen.isDefault && site.default !== undefined) throw new ConfigError(`a duplicate default server for ${key}`, listen);
      if (listen.isDefault) site.default = server;
      if (!site.servers.includes(server)) site.servers.push(server);
    }
  }
  return [...byKey].map(([key, { address, port, ssl, servers, default: chosen }]) => {
    const contexts = new Map(ssl ? servers.filter(({ certificate }) => certificate !== "").map((each) => [each, secureContext(each)]) : []);
    const defaultServer = chosen ?? servers[0];
    if (defaultServer === undefined) throw new ConfigError(`nothing listens on ${key}`);
    return { key: `${key} ${ssl ? "ssl" : ""}`, address, port, ssl, servers, defaultServer, contexts };
  });
}

function secureContext(server: VirtualServer): SecureContext {
  const cert = readPem(server.certificate, "certificate");
  const key = readPem(server.certificateKey, "certificate key");
  try {
    return createSecureContext({ cert, key, minVersion: "TLSv1.2" });
  } catch (error) {
    throw new ConfigError(
      `SSL_CTX_use_PrivateKey("${server.certificateKey}") failed (SSL: ${error instanceof Error ? error.message : ""})`,
    );
  }
}

function readPem(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(`cannot load ${what} "${path}": BIO_new_file() failed (SSL: ${systemText(error)})`);
  }
}

interface Open {
  site: Site;
  readonly server: http.Server;
}

export class Listeners {
  readonly #open = new Map<string, Open>();
  readonly #handler: SiteHandler;

  constructor(handler: SiteHandler) {
    this.#handler = handler;
  }

  /** Rejects with ConfigError when a socket can't be bound; those that stood before stay. */
  async use(sites: readonly Site[]): Promise<void> {
    const opened: Open[] = [];
    try {
      for (const site of sites) {
        const known = this.#open.get(site.key);
        if (known === undefined) opened.push(await this.#listen(site));
      }
    } catch (error) {
      for (const { server } of opened) server.close();
      throw error;
    }
    const wanted = new Map(sites.map((site) => [site.key, site]));
    for (const [key, entry] of this.#open) {
      const site = wanted.get(key);
      if (site !== undefined) entry.site = site;
      else {
        entry.server.close();
        this.#open.delete(key);
      }
    }
    for (const entry of opened) this.#open.set(entry.site.key, entry);
  }

  /** No new connections; resolves when the requests under way are done. */
  async drain(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map(
        ({ server }) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeIdleConnections();
          }),
      ),
    );
  }

  get draining(): boolean {
    return [...this.#open.values()].some(({ server }) => !server.listening);
  }

  #listen(site: Site): Promise<Open> {
    const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => this.#handler(entry.site, request, response);
    const server = site.ssl
      ? https.createServer({ SNICallback: (name, done) => done(null, contextFor(entry.site, name)), ...certificate(site) }, onRequest)
      : http.createServer(onRequest);
    const entry: Open = { site, server };
    server.keepAliveTimeout = site.defaultServer.settings.keepaliveTimeoutMs;
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(new ConfigError(`bind() to ${site.address}:${site.port} failed (${systemText(error)})`)));
      server.listen({ host: site.address, port: site.port, backlog: 511 }, () => resolve(entry));
    });
  }
}

/** For clients that don't say a name. */
function certificate(site: Site): { readonly cert?: Buffer; readonly key?: Buffer } {
  const { certificate: cert, certificateKey: key } = site.defaultServer;
  return cert === "" ? {} : { cert: readFileSync(cert), key: readFileSync(key) };
}

function contextFor(site: Site, name: string): SecureContext | undefined {
  const server = serverFor(site.servers, name, site.defaultServer);
  return site.contexts.get(server) ?? site.contexts.get(site.defaultServer);
}
