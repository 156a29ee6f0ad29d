/** Which directives there are, where they may stand, and how their values read. What isn't here is refused by name and line. */
import { ConfigError, type Directive } from "./configTree.ts";

export type Context = "main" | "events" | "http" | "upstream" | "server" | "location";

interface Known {
  readonly contexts: readonly Context[];
  readonly block?: true;
  /** How many arguments: least and most. */
  readonly args: readonly [number, number];
  /** Read, and without effect in a program of one process that serves a cluster's front end. */
  readonly ignored?: true;
}

const all: readonly Context[] = ["http", "server", "location"];
const many = 99;

function ignored(names: string, contexts: readonly Context[]): readonly (readonly [string, Known])[] {
  return names.split(" ").map((name) => [name, { contexts, args: [0, many], ignored: true }]);
}

const known: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["http", { contexts: ["main"], block: true, args: [0, 0] }],
  ["events", { contexts: ["main"], block: true, args: [0, 0] }],
  ["server", { contexts: ["http", "upstream"], args: [0, many] }],
  ["upstream", { contexts: ["http"], block: true, args: [1, 1] }],
  ["location", { contexts: ["server", "location"], block: true, args: [1, 2] }],
  ["types", { contexts: all, block: true, args: [0, 0] }],
  ["daemon", { contexts: ["main"], args: [1, 1] }],
  ["pid", { contexts: ["main"], args: [1, 1] }],
  ["error_log", { contexts: ["main", ...all], args: [1, 2] }],
  ["log_format", { contexts: ["http"], args: [2, many] }],
  ["access_log", { contexts: all, args: [1, many] }],
  ["listen", { contexts: ["server"], args: [1, many] }],
  ["server_name", { contexts: ["server"], args: [1, many] }],
  ["ssl", { contexts: ["http", "server"], args: [1, 1] }],
  ["ssl_certificate", { contexts: ["http", "server"], args: [1, 1] }],
  ["ssl_certificate_key", { contexts: ["http", "server"], args: [1, 1] }],
  ["root", { contexts: all, args: [1, 1] }],
  ["alias", { contexts: ["location"], args: [1, 1] }],
  ["index", { contexts: all, args: [1, many] }],
  ["autoindex", { contexts: all, args: [1, 1] }],
  ["try_files", { contexts: ["server", "location"], args: [2, many] }],
  ["default_type", { contexts: all, args: [1, 1] }],
  ["add_header", { contexts: all, args: [2, 3] }],
  ["error_page", { contexts: all, args: [2, many] }],
  ["return", { contexts: ["server", "location"], args: [1, 2] }],
  ["internal", { contexts: ["location"], args: [0, 0] }],
  ["stub_status", { contexts: ["server", "location"], args: [0, 1] }],
  ["client_max_body_size", { contexts: all, args: [1, 1] }],
  ["keepalive_timeout", { contexts: ["upstream", ...all], args: [1, 2] }],
  ["proxy_pass", { contexts: ["location"], args: [1, 1] }],
  ["proxy_set_header", { contexts: all, args: [2, 2] }],
  ["proxy_http_version", { contexts: all, args: [1, 1] }],
  ["proxy_connect_timeout", { contexts: all, args: [1, 1] }],
  ["proxy_read_timeout", { contexts: all, args: [1, 1] }],
  ["proxy_next_upstream", { contexts: all, args: [1, many] }],
  ["least_conn", { contexts: ["upstream"], args: [0, 0] }],
  ["ip_hash", { contexts: ["upstream"], args: [0, 0] }],
  ["keepalive", { contexts: ["upstream"], args: [1, 1] }],
  ...ignored("user worker_processes worker_rlimit_nofile worker_priority timer_resolution pcre_jit env", ["main"]),
  ...ignored("worker_connections multi_accept use accept_mutex", ["events"]),
  ...ignored("keepalive_requests zone", ["upstream", ...all]),
  ...ignored(
    "sendfile tcp_nopush tcp_nodelay server_tokens charset types_hash_max_size types_hash_bucket_size reset_timedout_connection",
    all,
  ),
  ...ignored("server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size http2", ["http", "server"]),
  ...ignored("client_body_timeout client_header_timeout send_timeout client_body_buffer_size client_header_buffer_size", all),
  ...ignored("large_client_header_buffers underscores_in_headers ignore_invalid_headers merge_slashes log_not_found etag", all),
  ...ignored(
    "gzip gzip_types gzip_vary gzip_proxied gzip_comp_level gzip_min_length gzip_http_version gzip_disable gzip_buffers expires",
    all,
  ),
  ...ignored("ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets", [
    "http",
    "server",
  ]),
  ...ignored("ssl_dhparam ssl_ecdh_curve ssl_buffer_size", ["http", "server"]),
  ...ignored("proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_request_buffering proxy_redirect", all),
  ...ignored("proxy_send_timeout proxy_next_upstream_tries proxy_next_upstream_timeout proxy_ssl_verify proxy_ssl_server_name", all),
  ...ignored("resolver resolver_timeout allow deny open_file_cache lingering_close", all),
]);

/** Real directives that this stand-in doesn't have: told apart from typing errors. */
const unsupported = new Set(
  "if set rewrite map geo split_clients limit_req limit_req_zone limit_conn limit_conn_zone auth_basic auth_request proxy_cache proxy_cache_path fastcgi_pass uwsgi_pass scgi_pass grpc_pass mirror sub_filter stream mail load_module perl js_include".split(
    " ",
  ),
);

/** Throws ConfigError for what nginx, or this stand-in of it, refuses. False: read and done with. */
export function checkDirective(directive: Directive, context: Context): boolean {
  const { name, args, block } = directive;
  const rule = known.get(name);
  if (rule === undefined) {
    if (unsupported.has(name)) throw new ConfigError(`directive "${name}" is not supported by this stand-in of nginx`, directive);
    throw new ConfigError(`unknown directive "${name}"`, directive);
  }
  if (!rule.contexts.includes(context)) throw new ConfigError(`"${name}" directive is not allowed here`, directive);
  const wantsBlock = rule.block === true || (name === "server" && context === "http");
  if (wantsBlock && block === undefined) throw new ConfigError(`directive "${name}" has no opening "{"`, directive);
  if (!wantsBlock && block !== undefined) throw new ConfigError(`directive "${name}" is not terminated by ";"`, directive);
  if (args.length < rule.args[0] || args.length > rule.args[1])
    throw new ConfigError(`invalid number of arguments in "${name}" directive`, directive);
  return rule.ignored !== true;
}

/** `30`, `500ms`, `1m30s`. */
export function durationMs(text: string, directive: Directive): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, "": 1000 };
  const parts = [...text.matchAll(/(\d+)(ms|[smhd]?)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text)
    throw new ConfigError(`"${directive.name}" directive invalid value`, directive);
  return parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * (units[unit ?? ""] ?? 1000), 0);
}

/** `1m`, `512k`, `0`. */
export function sizeBytes(text: string, directive: Directive): number {
  const found = /^(\d+)([kmg]?)$/i.exec(text);
  if (found === null) throw new ConfigError(`"${directive.name}" directive invalid value`, directive);
  const scale: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
  return Number(found[1]) * (scale[(found[2] ?? "").toLowerCase()] ?? 1);
}

export function isOn(text: string, directive: Directive): boolean {
  if (text !== "on" && text !== "off")
    throw new ConfigError(`invalid value "${text}" in "${directive.name}" directive, it must be "on" or "off"`, directive);
  return text === "on";
}
