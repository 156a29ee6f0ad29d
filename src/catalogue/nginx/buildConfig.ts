/** From directives to settings: inheritance, upstreams, servers and their locations. Upstream names are resolved later, by the caller. */
import { ConfigError, type Directive } from "./configTree.ts";
import { checkDirective, durationMs, isOn, sizeBytes } from "./directives.ts";
import { parseListen, parseProxyPass, parseUpstream } from "./endpoints.ts";
import {
  combinedFormat,
  defaultSettings,
  type Answer,
  type Header,
  type Location,
  type NginxConfig,
  type Settings,
  type Upstream,
  type VirtualServer,
} from "./settings.ts";

export function buildConfig(directives: readonly Directive[]): NginxConfig {
  const main = { pidFile: "/var/run/nginx.pid", daemon: true, errorLog: defaultSettings.errorLog };
  let servers: readonly VirtualServer[] = [];
  let upstreams: readonly Upstream[] = [];
  let sawEvents = false;
  for (const each of directives) {
    if (!checkDirective(each, "main")) continue;
    if (each.name === "pid") main.pidFile = each.args[0] ?? "";
    else if (each.name === "daemon") main.daemon = isOn(each.args[0] ?? "", each);
    else if (each.name === "error_log") main.errorLog = each.args[0] ?? "";
    else if (each.name === "events") {
      sawEvents = true;
      for (const inner of each.block ?? []) checkDirective(inner, "events");
    } else if (each.name === "http") ({ servers, upstreams } = buildHttp(each, main.errorLog));
  }
  if (!sawEvents) throw new ConfigError('no "events" section in configuration');
  return { ...main, servers, upstreams };
}

/** What building one http block shares. */
interface HttpParts {
  readonly formats: Map<string, string>;
  readonly upstreams: Map<string, Upstream>;
}

function buildHttp(http: Directive, errorLog: string): { servers: readonly VirtualServer[]; upstreams: readonly Upstream[] } {
  const parts: HttpParts = { formats: new Map([["combined", combinedFormat]]), upstreams: new Map() };
  const block = http.block ?? [];
  // Upstreams and formats first: what uses them may stand before them.
  for (const each of block) {
    if (!checkDirective(each, "http")) continue;
    if (each.name === "log_format") {
      const [name = "", ...words] = each.args;
      parts.formats.set(name, words.filter((part, i) => i > 0 || !part.startsWith("escape=")).join(""));
    } else if (each.name === "upstream") {
      const upstream = parseUpstream(each);
      if (parts.upstreams.has(upstream.name)) throw new ConfigError(`duplicate upstream "${upstream.name}"`, each);
      parts.upstreams.set(upstream.name, upstream);
    }
  }
  const settings = inherit({ ...defaultSettings, errorLog }, block, parts);
  const ssl = certificateOf(block, { certificate: "", certificateKey: "" });
  const servers = block.filter(({ name }) => name === "server").map((each) => buildServer(each, settings, { parts, ssl }));
  return { servers, upstreams: [...parts.upstreams.values()] };
}

interface Certificate {
  readonly certificate: string;
  readonly certificateKey: string;
}

function certificateOf(block: readonly Directive[], outer: Certificate): Certificate {
  const last = (name: string): string | undefined => block.findLast((each) => each.name === name)?.args[0];
  return { certificate: last("ssl_certificate") ?? outer.certificate, certificateKey: last("ssl_certificate_key") ?? outer.certificateKey };
}

function buildServer(server: Directive, outer: Settings, from: { readonly parts: HttpParts; readonly ssl: Certificate }): VirtualServer {
  const block = server.block ?? [];
  for (const each of block) checkDirective(each, "server");
  const settings = inherit(outer, block, from.parts);
  const sslOn = block.some((each) => each.name === "ssl" && isOn(each.args[0] ?? "", each));
  const listens = block.filter(({ name }) => name === "listen").map((each) => parseListen(each, sslOn));
  const { file, line } = server;
  if (listens.length === 0) listens.push({ address: "0.0.0.0", port: 80, ssl: sslOn, isDefault: false, file, line });
  const ssl = certificateOf(block, from.ssl);
  const secure = listens.find((listen) => listen.ssl);
  if (secure !== undefined && ssl.certificate === "")
    throw new ConfigError('no "ssl_certificate" is defined for the "listen ... ssl" directive', secure);
  if (secure !== undefined && ssl.certificateKey === "")
    throw new ConfigError(`no "ssl_certificate_key" is defined for certificate "${ssl.certificate}"`, secure);
  const locations = block.filter(({ name }) => name === "location").flatMap((each) => buildLocation(each, settings, from.parts));
  const names = block.filter(({ name }) => name === "server_name").flatMap(({ args }) => args.map((name) => name.toLowerCase()));
  return { file, line, listens, names, ...ssl, locations, settings, answer: answerOf(block, from.parts, "") };
}

function buildLocation(directive: Directive, outer: Settings, parts: HttpParts): readonly Location[] {
  const block = directive.block ?? [];
  for (const each of block) checkDirective(each, "location");
  const settings = inherit(outer, block, parts);
  const { match, path } = locationMatch(directive);
  const answer = answerOf(block, parts, match === "regex" || match === "named" ? "" : path) ?? {
    kind: "files",
    alias: undefined,
    tryFiles: [],
  };
  const internal = match === "named" || block.some(({ name }) => name === "internal");
  const pattern = match === "regex" ? regexOf(path, directive.args[0] === "~*", directive) : undefined;
  const nested = block.filter(({ name }) => name === "location").flatMap((each) => buildLocation(each, settings, parts));
  const { file, line } = directive;
  return [{ match, path, pattern, settings, answer, internal, file, line }, ...nested];
}

function locationMatch(directive: Directive): { readonly match: Location["match"]; readonly path: string } {
  const [first = "", second] = directive.args;
  if (second === undefined) {
    if (first.startsWith("@")) return { match: "named", path: first };
    return { match: "prefix", path: first };
  }
  const kinds: Readonly<Record<string, Location["match"]>> = { "=": "exact", "^~": "prefixFirst", "~": "regex", "~*": "regex" };
  const match = kinds[first];
  if (match === undefined) throw new ConfigError(`invalid location modifier "${first}"`, directive);
  return { match, path: second };
}

function regexOf(text: string, ignoreCase: boolean, directive: Directive): RegExp {
  try {
    return new RegExp(text, ignoreCase ? "i" : "");
  } catch (error) {
    throw new ConfigError(`pcre_compile() failed: ${error instanceof Error ? error.message : ""} in "${text}"`, directive);
  }
}

/** The last of what answers wins, `return` before all. */
function answerOf(block: readonly Directive[], parts: HttpParts, prefix: string): Answer | undefined {
  const last = (name: string): Directive | undefined => block.findLast((each) => each.name === name);
  const back = last("return");
  if (back !== undefined) return returnAnswer(back);
  const proxy = last("proxy_pass");
  if (proxy !== undefined) return { kind: "proxy", target: parseProxyPass(proxy, parts.upstreams, prefix) };
  if (last("stub_status") !== undefined) return { kind: "status" };
  const alias = last("alias")?.args[0];
  const tryFiles = last("try_files")?.args ?? [];
  return alias === undefined && tryFiles.length === 0 ? undefined : { kind: "files", alias, tryFiles };
}

function returnAnswer(directive: Directive): Answer {
  const [first = "", text] = directive.args;
  if (text === undefined && /^(https?:\/\/|\$scheme)/.test(first)) return { kind: "return", status: 302, text: first };
  const status = Number(first);
  if (!Number.isInteger(status) || status > 999 || first === "") throw new ConfigError(`invalid return code "${first}"`, directive);
  return { kind: "return", status, text: text ?? "" };
}

type Setter = (directive: Directive, parts: HttpParts) => Partial<Settings>;
const one = (directive: Directive): string => directive.args[0] ?? "";

const setters: Readonly<Record<string, Setter>> = {
  root: (each) => ({ root: one(each) }),
  index: (each) => ({ index: each.args }),
  default_type: (each) => ({ defaultType: one(each) }),
  autoindex: (each) => ({ autoindex: isOn(one(each), each) }),
  types: (each) => ({
    types: new Map((each.block ?? []).flatMap(({ name, args }) => args.map((extension) => [extension, name] as const))),
  }),
  proxy_http_version: (each) => ({ proxyHttpVersion: httpVersion(each) }),
  proxy_connect_timeout: (each) => ({ proxyConnectTimeoutMs: durationMs(one(each), each) }),
  proxy_read_timeout: (each) => ({ proxyReadTimeoutMs: durationMs(one(each), each) }),
  proxy_next_upstream: (each) => ({ proxyNextUpstream: each.args.includes("off") ? [] : each.args }),
  client_max_body_size: (each) => ({ maxBodyBytes: sizeBytes(one(each), each) }),
  keepalive_timeout: (each) => ({ keepaliveTimeoutMs: durationMs(one(each), each) }),
  error_log: (each) => ({ errorLog: one(each) }),
  access_log: (each, parts) => ({ accessLog: accessLog(each, parts) }),
};

function inherit(outer: Settings, block: readonly Directive[], parts: HttpParts): Settings {
  let settings = outer;
  const errorPages = new Map<number, string>();
  for (const each of block) {
    const set = setters[each.name];
    if (set !== undefined) settings = { ...settings, ...set(each, parts) };
    if (each.name === "error_page") addErrorPages(errorPages, each);
  }
  const headers = pairs(block, "add_header");
  const proxyHeaders = pairs(block, "proxy_set_header");
  return {
    ...settings,
    ...(headers.length > 0 ? { headers } : {}),
    ...(proxyHeaders.length > 0 ? { proxyHeaders } : {}),
    ...(errorPages.size > 0 ? { errorPages } : {}),
  };
}

function pairs(block: readonly Directive[], name: string): readonly Header[] {
  return block.filter((each) => each.name === name).map(({ args }) => ({ name: args[0] ?? "", value: args[1] ?? "" }));
}

function addErrorPages(pages: Map<number, string>, directive: Directive): void {
  const page = directive.args.at(-1) ?? "";
  for (const text of directive.args.slice(0, -1)) {
    if (text.startsWith("=")) throw new ConfigError(`"${text}" in "error_page" is not supported by this stand-in of nginx`, directive);
    const status = Number(text);
    if (!(status >= 300 && status <= 599)) throw new ConfigError(`value "${text}" must be between 300 and 599`, directive);
    pages.set(status, page);
  }
}

function accessLog(directive: Directive, parts: HttpParts): Settings["accessLog"] {
  const [path = "", name = "combined"] = directive.args;
  if (path === "off") return undefined;
  const format = parts.formats.get(name);
  if (format === undefined) throw new ConfigError(`unknown log format "${name}"`, directive);
  return { path, format };
}

function httpVersion(directive: Directive): "1.0" | "1.1" {
  const version = one(directive);
  if (version !== "1.0" && version !== "1.1")
    throw new ConfigError(`invalid value "${version}" in "proxy_http_version" directive`, directive);
  return version;
}
