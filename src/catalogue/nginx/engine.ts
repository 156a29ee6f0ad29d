/** What happens to one request: which server, which location, which answer, error pages, logs. One engine per loaded configuration. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { findFile, type FileResult, type FoundFile, normalizePath, sendBody, sendFile, statusPage } from "./answers.ts";
import type { Site } from "./listeners.ts";
import { locationFor, serverFor } from "./locate.ts";
import { errorLine, LogSink } from "./logs.ts";
import type { Peers } from "./peers.ts";
import { Agents, proxy } from "./proxy.ts";
import type { Answer, Location, NginxConfig, Settings, Upstream, VirtualServer } from "./settings.ts";
import { expand, type Exchange } from "./variables.ts";

/** A request that is sent on inside (error_page, try_files, index) more often is a loop. */
const maxInternal = 10;

interface Turn {
  readonly exchange: Exchange;
  readonly response: ServerResponse;
  readonly server: VirtualServer;
  readonly depth: number;
  /** Set while an error page is being made. */
  readonly errorStatus: number | undefined;
}

export class Engine {
  readonly config: NginxConfig;
  readonly #version: string;
  readonly #peers: ReadonlyMap<Upstream, Peers>;
  readonly #agents = new Agents();
  readonly #sinks = new Map<string, LogSink>();
  #requests = 0;

  constructor(config: NginxConfig, peers: ReadonlyMap<Upstream, Peers>, version: string) {
    this.config = config;
    this.#peers = peers;
    this.#version = version;
  }

  handle(site: Site, request: IncomingMessage, response: ServerResponse): void {
    this.#requests += 1;
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    const server = serverFor(site.servers, host, site.defaultServer);
    const url = request.url ?? "/";
    const mark = url.indexOf("?");
    const exchange: Exchange = {
      request,
      path: normalizePath(mark < 0 ? url : url.slice(0, mark)) ?? "",
      query: mark < 0 ? "" : url.slice(mark + 1),
      startedAtMs: Date.now(),
      serverName: server.names[0] ?? "",
      version: this.#version,
      status: 0,
      bytesSent: 0,
      proxyHost: "",
      upstreamAddress: "",
      upstreamStatus: "",
      upstreamMs: 0,
    };
    response.setHeader("Server", `nginx/${this.#version}`);
    response.once("close", () => this.#logAccess(exchange, response, server));
    const turn: Turn = { exchange, response, server, depth: 0, errorStatus: undefined };
    if (exchange.path === "") return this.#fail(turn, 400, server.settings);
    this.#route(turn);
  }

  close(): void {
    this.#agents.destroy();
    for (const sink of this.#sinks.values()) sink.flush();
  }

  logError(message: string, path: string = this.config.errorLog): void {
    this.#sink(path).write(errorLine("error", message));
  }

  #route(turn: Turn): void {
    const { server, exchange } = turn;
    if (turn.depth > maxInternal) return this.#fail(turn, 500, server.settings);
    if (server.answer !== undefined && turn.depth === 0) return this.#answer(turn, server.answer, server.settings, undefined);
    const location = locationFor(server.locations, exchange.path);
    if (location === undefined) return this.#answer(turn, { kind: "files", alias: undefined, tryFiles: [] }, server.settings, undefined);
    if (location.internal && turn.depth === 0) return this.#fail(turn, 404, location.settings);
    this.#answer(turn, location.answer, location.settings, location);
  }

  #answer(turn: Turn, answer: Answer, settings: Settings, location: Location | undefined): void {
    const { exchange, response } = turn;
    const length = Number(exchange.request.headers["content-length"] ?? 0);
    if (settings.maxBodyBytes > 0 && length > settings.maxBodyBytes) return this.#fail(turn, 413, settings);
    switch (answer.kind) {
      case "return":
        return this.#return(turn, answer, settings);
      case "status":
        return sendBody(response, 200, { "Content-Type": "text/plain" }, `requests ${this.#requests} \n`);
      case "files":
        return void this.#files(turn, answer, { settings, location });
      case "proxy": {
        const prefix = location?.path ?? "";
        const peersOf = (): Peers => {
          const peers = this.#peers.get(answer.target.upstream);
          if (peers === undefined) throw new Error(`upstream ${answer.target.upstream.name} was not resolved`);
          return peers;
        };
        const logError = (message: string): void => this.logError(message, settings.errorLog);
        const addHeaders = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders => this.#withHeaders(turn, settings, headers);
        return proxy(
          { exchange, response, target: answer.target, settings, prefix },
          { peersOf, agents: this.#agents, logError, fail: (status) => this.#fail(turn, status, settings), addHeaders },
        );
      }
    }
  }

  #return(turn: Turn, { status, text }: Answer & { readonly kind: "return" }, settings: Settings): void {
    const { exchange, response } = turn;
    if (status === 444) return void response.destroy();
    if ([301, 302, 303, 307, 308].includes(status)) {
      const headers = { "Content-Type": "text/html", Location: expand(text, exchange) };
      return sendBody(response, status, this.#withHeaders(turn, settings, headers), statusPage(status, this.#version));
    }
    if (text === "" && status >= 300) return this.#fail(turn, status, settings);
    const headers = this.#withHeaders(turn, settings, { "Content-Type": settings.defaultType });
    sendBody(response, status, headers, expand(text, exchange));
  }

  async #files(
    turn: Turn,
    answer: Answer & { readonly kind: "files" },
    { settings, location }: { readonly settings: Settings; readonly location: Location | undefined },
  ): Promise<void> {
    const { exchange, response } = turn;
    const { method } = exchange.request;
    if (method !== "GET" && method !== "HEAD" && turn.errorStatus === undefined) return this.#fail(turn, 405, settings);
    const find = (uri: string): Promise<FileResult> => {
      const rest = answer.alias === undefined ? uri : uri.slice(location?.path.length ?? 0);
      return findFile(answer.alias ?? settings.root, rest, uri, settings);
    };
    if (answer.tryFiles.length > 0) return await this.#tryFiles(turn, answer.tryFiles, { find, settings });
    const found = await find(exchange.path);
    if (response.destroyed) return;
    if ("path" in found) {
      this.#sendFile(turn, found, settings);
    } else if ("redirect" in found)
      this.#return(turn, { kind: "return", status: 301, text: found.redirect.replaceAll("$", "%24") }, settings);
    else {
      const what = found.status === 404 ? "failed (2: No such file or directory)" : "is forbidden";
      this.logError(
        `*1 ${found.status === 404 ? "open()" : "directory index of"} "${settings.root}${exchange.path}" ${what}`,
        settings.errorLog,
      );
      this.#fail(turn, found.status, settings);
    }
  }

  #sendFile(turn: Turn, found: FoundFile, settings: Settings): void {
    for (const [name, value] of Object.entries(this.#withHeaders(turn, settings, {})))
      if (value !== undefined) turn.response.setHeader(name, value);
    sendFile(turn.response, found, settings, turn.errorStatus);
  }

  async #tryFiles(
    turn: Turn,
    names: readonly string[],
    { find, settings }: { readonly find: (uri: string) => Promise<FileResult>; readonly settings: Settings },
  ): Promise<void> {
    for (const name of names.slice(0, -1)) {
      const found = await find(expand(name, turn.exchange));
      if ("path" in found) return this.#sendFile(turn, found, settings);
    }
    const last = expand(names.at(-1) ?? "", turn.exchange);
    if (/^=\d{3}$/.test(last)) return this.#fail(turn, Number(last.slice(1)), settings);
    this.#redirectInside(turn, last);
  }

  #redirectInside(turn: Turn, to: string): void {
    const next: Turn = { ...turn, depth: turn.depth + 1 };
    if (to.startsWith("@")) {
      const named = turn.server.locations.find(({ match, path }) => match === "named" && path === to);
      if (named === undefined) return this.#fail(turn, 500, turn.server.settings);
      return this.#answer(next, named.answer, named.settings, named);
    }
    const [path = "/", query = turn.exchange.query] = to.split("?");
    this.#route({ ...next, exchange: derived(turn.exchange, { path, query }) });
  }

  /** The page of a status: the configuration's own, once, or nginx's. */
  #fail(turn: Turn, status: number, settings: Settings): void {
    const { response } = turn;
    if (response.headersSent || response.destroyed) return void response.destroy();
    const page = turn.errorStatus === undefined ? settings.errorPages.get(status) : undefined;
    if (page !== undefined && page.startsWith("http")) return this.#return(turn, { kind: "return", status: 302, text: page }, settings);
    if (page !== undefined) return this.#redirectInside({ ...turn, errorStatus: status }, page);
    sendBody(response, turn.errorStatus ?? status, { "Content-Type": "text/html" }, statusPage(turn.errorStatus ?? status, this.#version));
  }

  #withHeaders(turn: Turn, settings: Settings, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const all: OutgoingHttpHeaders = { ...headers };
    for (const { name, value } of settings.headers) {
      const text = expand(value, turn.exchange);
      if (text === "") continue;
      // What is there already stays, as another header of the name.
      const known = Object.keys(all).find((each) => each.toLowerCase() === name.toLowerCase());
      if (known === undefined) all[name] = text;
      else all[known] = [all[known] ?? [], text].flat().map(String);
    }
    return all;
  }

  #logAccess(exchange: Exchange, response: ServerResponse, server: VirtualServer): void {
    // 499: the client left before there was an answer.
    exchange.status = response.headersSent ? response.statusCode : 499;
    exchange.bytesSent = Number(response.getHeader("content-length") ?? 0);
    const location = locationFor(server.locations, exchange.path);
    const log = (location?.settings ?? server.settings).accessLog;
    if (log !== undefined) this.#sink(log.path).write(`${expand(log.format, exchange, "-")}\n`);
  }

  #sink(path: string): LogSink {
    let sink = this.#sinks.get(path);
    if (sink === undefined) this.#sinks.set(path, (sink = new LogSink(path.split(" ")[0] ?? path)));
    return sink;
  }
}

/** The same exchange under another path: what it notes still reaches the first one's log line. */
function derived(exchange: Exchange, change: { readonly path: string; readonly query: string }): Exchange {
  return Object.assign(Object.create(exchange) as Exchange, change);
}
