/** Addresses in the configuration: what to listen on, where to proxy to, which servers an upstream has. */
import { ConfigError, type Directive } from "./configTree.ts";
import { checkDirective, durationMs } from "./directives.ts";
import type { Listen, ProxyTarget, Upstream, UpstreamServer } from "./settings.ts";

const wellKnown: Readonly<Record<string, string>> = { "*": "0.0.0.0", localhost: "127.0.0.1" };
const listenFlags = new Set("default_server default ssl http2 reuseport deferred proxy_protocol".split(" "));

export function parseListen(directive: Directive, sslOn: boolean): Listen {
  const [where = "", ...flags] = directive.args;
  checkListenFlags(flags, directive);
  const found = /^(?:(\[[0-9a-fA-F:.]+\]|\*|[^:]+?):)?(\d+)$/.exec(where) ?? /^(\[[0-9a-fA-F:.]+\]|\*|[^:]+)()$/.exec(where);
  if (found === null || where.startsWith("unix:")) throw new ConfigError(`invalid parameter "${where}" in "listen" directive`, directive);
  const [, host = "*", portText = ""] = found;
  const port = portText === "" ? 80 : Number(portText);
  if (port < 1 || port > 65_535) throw new ConfigError(`invalid port in "${where}" of the "listen" directive`, directive);
  const address = wellKnown[host] ?? host.replaceAll(/[[\]]/g, "");
  const isDefault = flags.includes("default_server") || flags.includes("default");
  return { address, port, ssl: sslOn || flags.includes("ssl"), isDefault, file: directive.file, line: directive.line };
}

function checkListenFlags(flags: readonly string[], directive: Directive): void {
  const bad = flags.find((flag) => !listenFlags.has(flag) && !/^(backlog|rcvbuf|sndbuf|fastopen|ipv6only|so_keepalive)=/.test(flag));
  if (bad !== undefined) throw new ConfigError(`invalid parameter "${bad}"`, directive);
  if (flags.includes("proxy_protocol")) throw new ConfigError('"proxy_protocol" is not supported by this stand-in of nginx', directive);
}

export function parseUpstream(directive: Directive): Upstream {
  const servers: UpstreamServer[] = [];
  let method: Upstream["method"] = "roundRobin";
  let keepalive = 0;
  for (const each of directive.block ?? []) {
    if (!checkDirective(each, "upstream")) continue;
    if (each.name === "server") servers.push(parseServer(each));
    else if (each.name === "least_conn") method = "leastConn";
    else if (each.name === "ip_hash") method = "ipHash";
    else if (each.name === "keepalive") keepalive = Number(each.args[0]);
  }
  if (servers.length === 0) throw new ConfigError("no servers are inside upstream", directive);
  return { name: directive.args[0] ?? "", servers, method, keepalive, file: directive.file, line: directive.line };
}

function parseServer(directive: Directive): UpstreamServer {
  const [where = "", ...parameters] = directive.args;
  const server = { ...hostAndPort(where, 80, directive), weight: 1, maxFails: 1, failTimeoutMs: 10_000, backup: false, down: false };
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    const count = Number(value);
    if (name === "weight" && count > 0) server.weight = count;
    else if (name === "max_fails" && count >= 0) server.maxFails = count;
    else if (name === "fail_timeout") server.failTimeoutMs = durationMs(value, directive);
    else if (parameter === "backup") server.backup = true;
    else if (parameter === "down") server.down = true;
    else if (!["max_conns", "slow_start"].includes(name)) throw new ConfigError(`invalid parameter "${parameter}"`, directive);
  }
  return { ...server, file: directive.file, line: directive.line };
}

/** `prefix`: of the location, for the rule that an address with a path replaces it. */
export function parseProxyPass(directive: Directive, upstreams: ReadonlyMap<string, Upstream>, prefix: string): ProxyTarget {
  const text = directive.args[0] ?? "";
  const found = /^(https?):\/\/([^/?#]+)(.*)$/s.exec(text);
  if (found === null) throw new ConfigError("invalid URL prefix", directive);
  const [, scheme, authority = "", rest = ""] = found;
  if (text.includes("$")) throw new ConfigError('variables in "proxy_pass" are not supported by this stand-in of nginx', directive);
  if (rest !== "" && prefix === "")
    throw new ConfigError(
      '"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, or inside "if" statement, or inside "limit_except" block',
      directive,
    );
  const secure = scheme === "https";
  const named = upstreams.get(authority);
  const { file, line } = directive;
  const single = (): Upstream => {
    const server = {
      ...hostAndPort(authority, secure ? 443 : 80, directive),
      weight: 1,
      maxFails: 0,
      failTimeoutMs: 0,
      backup: false,
      down: false,
    };
    return { name: authority, servers: [{ ...server, file, line }], method: "roundRobin", keepalive: 0, file, line };
  };
  return { scheme: secure ? "https" : "http", host: authority, upstream: named ?? single(), uri: rest === "" ? undefined : rest };
}

function hostAndPort(text: string, defaultPort: number, directive: Directive): { readonly host: string; readonly port: number } {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(?::(\d+))?$/.exec(text);
  const port = found?.[2] === undefined ? defaultPort : Number(found[2]);
  if (found === null || text.startsWith("unix:") || port < 1 || port > 65_535)
    throw new ConfigError(`invalid port in upstream "${text}"`, directive);
  return { host: (found[1] ?? "").replaceAll(/[[\]]/g, ""), port };
}
