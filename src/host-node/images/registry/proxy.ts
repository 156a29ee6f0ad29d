/**
 * Proxies of the environment: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not. The machine's own loopback is never asked through one.
 * Left out: SOCKS. Upstream: golang.org/x/net/http/httpproxy
 */
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { BlockList, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { RegistryError } from "./registryError.ts";

/** Undefined: straight to the server. */
export type ProxyChoice = (url: URL) => URL | undefined;

/** Throws RegistryError for a proxy that is no URL of HTTP. */
export function environmentProxy(env: Readonly<Record<string, string | undefined>>): ProxyChoice {
  const named = (name: string): string => env[name.toUpperCase()] || env[name] || "";
  return (url) => {
    const isSecure = url.protocol === "https:";
    // A server that is asked through CGI gets its clients' "Proxy:" header as HTTP_PROXY: not to be believed.
    const text = isSecure ? named("https_proxy") : env["REQUEST_METHOD"] === undefined ? named("http_proxy") : "";
    return text === "" || isDirect(url, named("no_proxy")) ? undefined : proxyUrl(text);
  };
}

function proxyUrl(text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "")
    throw new RegistryError("refused", `the environment's proxy ${JSON.stringify(withoutPassword(text))} is not one of HTTP`);
  return url;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//");
}

function isDirect(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return exceptions
    .split(",")
    .map((each) => each.trim().toLowerCase())
    .some((rule) => rule !== "" && matches(rule, host, port));
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === "*") return true;
  if (rule.includes("/")) return isIP(host) !== 0 && inNetwork(rule, host);
  const [, name = "", wantedPort] = isIP(rule) === 6 ? ["", rule] : (/^(.*?)(?::(\d+))?$/.exec(rule) ?? []);
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (isIP(host) !== 0) return name === host;
  const suffix = name.replace(/^\*/, "");
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function inNetwork(rule: string, host: string): boolean {
  const [address = "", bits = ""] = rule.split("/");
  const family = isIP(address);
  if (family === 0 || family !== isIP(host) || !/^\d+$/.test(bits)) return false;
  const type = family === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(address, Math.min(Number(bits), family === 6 ? 128 : 32), type);
  return list.check(host, type);
}

/** The header by which the proxy lets one in; none without a name in its URL. */
export function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "") return {};
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(words).toString("base64")}` };
}

export interface TunnelOptions {
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** TLS to `url`'s server through `proxy`. */
export function openTunnel(proxy: URL, url: URL, { ca, insecure, signal, timeoutMs }: TunnelOptions): Promise<Socket> {
  const target = `${url.hostname}:${url.port || "443"}`;
  const send = proxy.protocol === "https:" ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const headers = { host: target, ...proxyHeaders(proxy) };
    const asked = send({ ...place(proxy), method: "CONNECT", path: target, headers, signal, timeout: timeoutMs, agent: false });
    asked.once("timeout", () =>
      asked.destroy(new RegistryError("unreachable", `the proxy ${proxy.host} didn't answer for ${timeoutMs / 1000} s`)),
    );
    asked.once("error", (error: NodeJS.ErrnoException) => {
      const what = error.code === "ECONNREFUSED" ? "connect: connection refused" : error.message;
      reject(
        error instanceof RegistryError ? error : new RegistryError("unreachable", `the proxy ${proxy.host}: ${what}`, { cause: error }),
      );
    });
    asked.once("connect", (answer, socket) => {
      if (answer.statusCode === 200)
        return resolve(connectTls({ socket, servername: isIP(url.hostname) === 0 ? url.hostname : "", ca, rejectUnauthorized: !insecure }));
      socket.destroy();
      reject(new RegistryError("refused", `the proxy ${proxy.host} answered ${answer.statusCode ?? 0} for ${target}`));
    });
    asked.end();
  });
}

/** Of the proxy itself, as request options. */
export function place(proxy: URL): { readonly host: string; readonly port: string } {
  return { host: proxy.hostname, port: proxy.port || (proxy.protocol === "https:" ? "443" : "80") };
}
