/**
 * proxy_pass: the request goes to a server of the upstream, the answer comes back as it arrives. As nginx by default, each request is a connection of its
 * own (so that a Service spreads them), the next server is tried when one can't be reached, and hop-by-hop headers stay behind.
 * Left out: caching and buffering to disk.
 */
import * as http from "node:http";
import * as https from "node:https";
import type { Peer, Peers } from "./peers.ts";
import type { ProxyTarget, Settings } from "./settings.ts";
import { expand, type Exchange } from "./variables.ts";
import { systemText } from "./configTree.ts";

const hopByHop = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

export interface ProxyRequest {
  readonly exchange: Exchange;
  readonly response: http.ServerResponse;
  readonly target: ProxyTarget;
  readonly settings: Settings;
  /** The part of the path that `proxy_pass` with a path replaces. */
  readonly prefix: string;
}

export interface ProxyDeps {
  readonly peersOf: (target: ProxyTarget) => Peers;
  readonly agents: Agents;
  readonly logError: (message: string) => void;
  /** Nothing could be had from upstream: 502 or 504, before anything was sent. */
  readonly fail: (status: 502 | 504) => void;
  readonly addHeaders: (headers: http.OutgoingHttpHeaders) => http.OutgoingHttpHeaders;
}

/** Kept-alive connections, by upstream. */
export class Agents {
  readonly #agents = new Map<string, http.Agent>();

  for(target: ProxyTarget, settings: Settings): http.Agent | false {
    const keep = target.upstream.keepalive;
    // As nginx: needs HTTP/1.1 and a Connection header that doesn't say close.
    const asked = settings.proxyHeaders.some(({ name, value }) => name.toLowerCase() === "connection" && value === "");
    if (keep === 0 || settings.proxyHttpVersion === "1.0" || !asked) return false;
    const key = `${target.scheme} ${target.upstream.name}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      const { Agent } = target.scheme === "https" ? https : http;
      this.#agents.set(key, (agent = new Agent({ keepAlive: true, maxFreeSockets: keep })));
    }
    return agent;
  }

  destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}

export function proxy(request: ProxyRequest, deps: ProxyDeps): void {
  const peers = deps.peersOf(request.target);
  const tried = new Set<Peer>();
  attempt(request, deps, { peers, tried });
}

interface Attempts {
  readonly peers: Peers;
  readonly tried: Set<Peer>;
}

function attempt(request: ProxyRequest, deps: ProxyDeps, attempts: Attempts): void {
  const { exchange, settings, target } = request;
  const client = exchange.request;
  const peer = attempts.peers.pick(client.socket.remoteAddress ?? "", Date.now(), attempts.tried);
  if (peer === undefined) {
    deps.logError(describe("no live upstreams while connecting to upstream", request));
    exchange.upstreamAddress ||= target.upstream.name;
    return deps.fail(502);
  }
  attempts.tried.add(peer);
  peer.active += 1;
  exchange.proxyHost = target.host;
  exchange.upstreamAddress = [exchange.upstreamAddress, `${peer.address}:${peer.port}`].filter(Boolean).join(", ");
  const startedAtMs = Date.now();
  const outgoing = (target.scheme === "https" ? https : http).request({
    host: peer.address,
    port: peer.port,
    method: client.method,
    path: upstreamPath(request),
    headers: upstreamHeaders(request),
    agent: deps.agents.for(target, settings),
    setHost: false,
    rejectUnauthorized: false,
  });
  let over = false;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    clearTimeout(connectTimer);
    peer.active -= 1;
    exchange.upstreamMs += Date.now() - startedAtMs;
    return true;
  };
  const failed = (error: Error, what: "error" | "timeout"): void => {
    if (!finish()) return;
    outgoing.destroy();
    attempts.peers.failed(peer, Date.now());
    deps.logError(describe(what === "timeout" ? "upstream timed out (110: Connection timed out)" : failureText(error), request));
    exchange.upstreamStatus = [exchange.upstreamStatus, what === "timeout" ? "504" : "502"].filter(Boolean).join(", ");
    if (request.response.headersSent || request.response.destroyed) return void request.response.destroy();
    // A body that is on its way can't be sent twice.
    const again = settings.proxyNextUpstream.includes(what) && !hasBody(client) && attempts.peers.upstream.servers.length > 1;
    if (again) return attempt(request, deps, attempts);
    deps.fail(what === "timeout" ? 504 : 502);
  };
  const connectTimer = setTimeout(() => failed(new Error("timeout"), "timeout"), settings.proxyConnectTimeoutMs);
  outgoing.on("socket", (socket) => {
    if (!socket.connecting) return clearTimeout(connectTimer);
    socket.once("connect", () => clearTimeout(connectTimer));
  });
  outgoing.setTimeout(settings.proxyReadTimeoutMs, () => failed(new Error("timeout"), "timeout"));
  outgoing.once("error", (error) => failed(error, "error"));
  outgoing.once("response", (answer) => {
    attempts.peers.worked(peer);
    relay(answer, request, deps);
    answer.once("close", () => finish());
  });
  request.response.once("close", () => {
    if (!request.response.writableFinished) outgoing.destroy();
    finish();
  });
  if (hasBody(client)) client.pipe(outgoing);
  else outgoing.end();
}

function relay(answer: http.IncomingMessage, { exchange, response }: ProxyRequest, deps: ProxyDeps): void {
  const status = answer.statusCode ?? 502;
  exchange.upstreamStatus = [exchange.upstreamStatus, String(status)].filter(Boolean).join(", ");
  const headers: http.OutgoingHttpHeaders = {};
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    const name = answer.rawHeaders[i] ?? "";
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || lower === "server" || lower === "date" || lower === "x-accel-redirect") continue;
    const before = headers[name];
    headers[name] = before === undefined ? (answer.rawHeaders[i + 1] ?? "") : [before, answer.rawHeaders[i + 1] ?? ""].flat().map(String);
  }
  if (response.destroyed) return void answer.destroy();
  response.writeHead(status, deps.addHeaders(headers));
  answer.on("error", () => response.destroy());
  answer.pipe(response);
}

function upstreamPath({ exchange, target, prefix }: ProxyRequest): string {
  const original = exchange.request.url ?? "/";
  if (target.uri === undefined) return original;
  const rest = exchange.path.slice(prefix.length);
  const query = exchange.query === "" ? "" : `?${exchange.query}`;
  return `${target.uri}${encodeURI(rest)}${query}`;
}

function upstreamHeaders({ exchange, target, settings }: ProxyRequest): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = { Host: target.host, Connection: "close" };
  const { rawHeaders } = exchange.request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    const lower = name.toLowerCase();
    if (lower === "host" || lower === "expect" || (hopByHop.has(lower) && lower !== "transfer-encoding")) continue;
    const before = headers[name];
    headers[name] = before === undefined ? (rawHeaders[i + 1] ?? "") : [before, rawHeaders[i + 1] ?? ""].flat().map(String);
  }
  exchange.proxyHost = target.host;
  for (const { name, value } of settings.proxyHeaders) {
    for (const each of Object.keys(headers)) if (each.toLowerCase() === name.toLowerCase()) delete headers[each];
    const text = expand(value, exchange);
    if (text !== "") headers[name] = text;
  }
  return headers;
}

function hasBody(request: http.IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
}

function failureText(error: NodeJS.ErrnoException): string {
  if (error.syscall === "connect") return `connect() failed (${systemText(error)}) while connecting to upstream`;
  if (error.message === "socket hang up") return "upstream prematurely closed connection while reading response header from upstream";
  return `recv() failed (${systemText(error)}) while reading response header from upstream`;
}

function describe(what: string, { exchange, target }: ProxyRequest): string {
  const client = (exchange.request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const { method, url, httpVersion, headers } = exchange.request;
  const upstream = `${target.scheme}://${exchange.upstreamAddress.split(", ").at(-1) || target.upstream.name}${url}`;
  return `*1 ${what}, client: ${client}, server: ${exchange.serverName}, request: "${method} ${url} HTTP/${httpVersion}", upstream: "${upstream}", host: "${headers.host ?? ""}"`;
}
