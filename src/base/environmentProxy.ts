/**
 * Which proxy the environment gives for a URL: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not. This machine is never asked through one.
 * Upstream: golang.org/x/net/http/httpproxy/proxy.go
 */
import { parseCidr, parseIPv4 } from "./ipv4.ts";

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** As it is written there, with `http://` where it has no scheme; undefined: directly. */
export function environmentProxyText(url: URL, env: ProxyEnvironment): string | undefined {
  const set = (name: string): string => [env[name.toUpperCase()], env[name]].find((value) => (value ?? "") !== "") ?? "";
  const secure = url.protocol === "https:";
  // A server that is asked through CGI gets its clients' "Proxy:" header as HTTP_PROXY: not to be believed.
  const proxy = secure ? set("https_proxy") : env["REQUEST_METHOD"] === undefined ? set("http_proxy") : "";
  if (proxy === "" || isDirect(url, set("no_proxy"))) return undefined;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isDirect(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  return exceptions
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && excepts(entry, host, port));
}

/** `*`, a network, or a host with what is below it, each host perhaps with a port. */
function excepts(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inNetwork(host, entry);
  const [, name = entry, wantedPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const domain = name.replace(/^\*\./, ".").replace(/^\[|\]$/g, "");
  if (parseIPv4(host) !== undefined || host.includes(":")) return host === domain;
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function inNetwork(host: string, network: string): boolean {
  if (!host.includes(":")) {
    const [address, range] = [parseIPv4(host), parseCidr(network)];
    return address !== undefined && range !== undefined && address >= range.network && address < range.network + range.size;
  }
  const [base = "", length = ""] = network.split("/");
  if (!base.includes(":") || !/^\d{1,3}$/.test(length)) return false;
  const [bits, others] = [ipv6Bits(host), ipv6Bits(base)];
  return bits !== undefined && others !== undefined && bits.slice(0, Number(length)) === others.slice(0, Number(length));
}

const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));

/** 128 digits of an address without an IPv4 part; undefined: it is none. */
function ipv6Bits(text: string): string | undefined {
  const [head = "", tail, ...more] = text.split("::");
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...groups(tail ?? "")];
  if (more.length > 0 || all.length !== 8 || all.some((group) => !/^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return all.map((group) => parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}
