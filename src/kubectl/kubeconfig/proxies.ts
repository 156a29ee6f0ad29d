/**
 * Which proxy a server is reached through: the cluster's own, or what the environment says, as Go reads it.
 * Upstream: golang.org/x/net/http/httpproxy/proxy.go, client-go/tools/clientcmd/client_config.go
 */
import { goQuote } from "../../schema/scalars/goText.ts";
import { parseIPv4 } from "../../base/ipv4.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** undefined: directly. */
export function proxyOfEnvironment(server: string, env: Env): string | undefined {
  const url = new URL(server);
  const secure = url.protocol === "https:";
  const set = (name: string): string => [env[name.toUpperCase()], env[name]].find((value) => (value ?? "") !== "") ?? "";
  const proxy = set(secure ? "https_proxy" : "http_proxy");
  if (proxy === "" || !goesThroughProxy(url, set("no_proxy"))) return undefined;
  return /^[a-z][a-z0-9+.-]*:\/\/./i.test(proxy) ? proxy : `http://${proxy}`;
}

/** This machine is never asked through a proxy. */
function goesThroughProxy(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return false;
  return !exceptions
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && excepts(entry, host, port));
}

/** `*`, a network, or a host with what is below it, each host perhaps with a port. */
function excepts(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const network = /^([\d.]+)\/(\d+)$/.exec(entry);
  if (network !== null) return inNetwork(host, network[1] ?? "", Number(network[2]));
  const [, name = entry, wantedPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const domain = name.replace(/^\*\./, ".").replace(/^\[|\]$/g, "");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function inNetwork(host: string, network: string, bits: number): boolean {
  const [address, base] = [parseIPv4(host), parseIPv4(network)];
  if (address === undefined || base === undefined || bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(base / size);
}

/** The reason why a kubeconfig's `proxy-url` can't be used. */
export function proxyProblem(proxyUrl: string): string | undefined {
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):/i.exec(proxyUrl) ?? [];
  if (["http", "https", "socks5"].includes(scheme.toLowerCase())) return undefined;
  return `unsupported scheme ${goQuote(scheme)}, must be http, https, or socks5`;
}
