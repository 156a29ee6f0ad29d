/** `$variables` in headers, log formats and texts. An unknown name is a mistake in the configuration, found before anything starts. */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

/** One request on its way: what variables can tell about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  /** Normalized path, without the query. */
  readonly path: string;
  readonly query: string;
  readonly startedAtMs: number;
  readonly serverName: string;
  readonly version: string;
  status: number;
  bytesSent: number;
  proxyHost: string;
  upstreamAddress: string;
  upstreamStatus: string;
  upstreamMs: number;
}

type Reader = (exchange: Exchange) => string;

const header =
  (name: string): Reader =>
  ({ request }) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(", ") : (value ?? "");
  };
const remoteAddress: Reader = ({ request }) => (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
const scheme: Reader = ({ request }) => ((request.socket as Partial<TLSSocket>).encrypted === true ? "https" : "http");

const readers: Readonly<Record<string, Reader>> = {
  args: ({ query }) => query,
  body_bytes_sent: ({ bytesSent }) => String(bytesSent),
  bytes_sent: ({ bytesSent }) => String(bytesSent),
  connection: ({ request }) => String(request.socket.remotePort ?? 0),
  content_length: header("content-length"),
  content_type: header("content-type"),
  document_uri: ({ path }) => path,
  host: (exchange) => header("host")(exchange).replace(/:\d+$/, "").toLowerCase() || exchange.serverName,
  hostname: () => process.env["HOSTNAME"] ?? "",
  https: (exchange) => (scheme(exchange) === "https" ? "on" : ""),
  is_args: ({ query }) => (query === "" ? "" : "?"),
  msec: () => (Date.now() / 1000).toFixed(3),
  nginx_version: ({ version }) => version,
  pid: () => String(process.pid),
  proxy_add_x_forwarded_for: (exchange) => [header("x-forwarded-for")(exchange), remoteAddress(exchange)].filter(Boolean).join(", "),
  proxy_host: ({ proxyHost }) => proxyHost,
  query_string: ({ query }) => query,
  remote_addr: remoteAddress,
  remote_port: ({ request }) => String(request.socket.remotePort ?? ""),
  remote_user: (exchange) => {
    const basic = /^Basic (.+)$/i.exec(header("authorization")(exchange))?.[1];
    return basic === undefined ? "" : (Buffer.from(basic, "base64").toString().split(":")[0] ?? "");
  },
  request: ({ request }) => `${request.method} ${request.url} HTTP/${request.httpVersion}`,
  request_length: header("content-length"),
  request_method: ({ request }) => request.method ?? "",
  request_time: ({ startedAtMs }) => ((Date.now() - startedAtMs) / 1000).toFixed(3),
  request_uri: ({ request }) => request.url ?? "",
  scheme,
  server_addr: ({ request }) => request.socket.localAddress ?? "",
  server_name: ({ serverName }) => serverName,
  server_port: ({ request }) => String(request.socket.localPort ?? ""),
  server_protocol: ({ request }) => `HTTP/${request.httpVersion}`,
  status: ({ status }) => String(status),
  time_iso8601: () => `${new Date().toISOString().slice(0, 19)}+00:00`,
  time_local: () => localTime(new Date()),
  upstream_addr: ({ upstreamAddress }) => upstreamAddress,
  upstream_response_time: ({ upstreamMs, upstreamAddress }) => (upstreamAddress === "" ? "" : (upstreamMs / 1000).toFixed(3)),
  upstream_status: ({ upstreamStatus }) => upstreamStatus,
  uri: ({ path }) => path,
};

const reference = /\$(?:\{(\w+)\}|(\w+))/g;

/** The first unknown variable of a text, if any. */
export function unknownVariable(text: string): string | undefined {
  for (const [, braced, plain] of text.matchAll(reference)) {
    const name = braced ?? plain ?? "";
    if (!Object.hasOwn(readers, name) && !/^(http|arg|cookie)_/.test(name)) return name;
  }
  return undefined;
}

export function expand(text: string, exchange: Exchange, whenEmpty = ""): string {
  if (!text.includes("$")) return text;
  return text.replaceAll(
    reference,
    (_, braced: string | undefined, plain: string | undefined) => valueOf(braced ?? plain ?? "", exchange) || whenEmpty,
  );
}

function valueOf(name: string, exchange: Exchange): string {
  if (Object.hasOwn(readers, name)) return readers[name]?.(exchange) ?? "";
  if (name.startsWith("http_")) return header(name.slice(5).replaceAll("_", "-"))(exchange);
  if (name.startsWith("arg_")) return new URLSearchParams(exchange.query).get(name.slice(4)) ?? "";
  const cookies = header("cookie")(exchange).split(/;\s*/);
  return cookies.find((each) => each.startsWith(`${name.slice(7)}=`))?.slice(name.length - 6) ?? "";
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `22/Nov/2026:19:00:01 +0000`. */
function localTime(now: Date): string {
  const day = `${two(now.getUTCDate())}/${months[now.getUTCMonth()]}/${now.getUTCFullYear()}`;
  return `${day}:${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())} +0000`;
}
