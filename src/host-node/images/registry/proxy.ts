/**
 * Requests through the proxy that the environment gives for a registry. Left out: SOCKS.
 */
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { environmentProxyText, type ProxyEnvironment } from "../../../base/environmentProxy.ts";
import { withoutBrackets } from "../../../base/urlHost.ts";
import { RegistryError } from "./registryError.ts";

/** Undefined: straight to the server. */
export type ProxyChoice = (url: URL) => URL | undefined;

/** Throws RegistryError for a proxy that is no URL of HTTP. */
export function environmentProxy(env: ProxyEnvironment): ProxyChoice {
  return (url) => {
    const text = environmentProxyText(url, env);
    return text === undefined ? undefined : proxyUrl(text);
  };
}

function proxyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "")
    throw new RegistryError("refused", `the environment's proxy ${JSON.stringify(withoutPassword(text))} is not one of HTTP`);
  return url;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//");
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
  const host = withoutBrackets(url.hostname);
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
        return resolve(connectTls({ socket, servername: isIP(host) === 0 ? host : "", ca, rejectUnauthorized: !insecure }));
      socket.destroy();
      reject(new RegistryError("refused", `the proxy ${proxy.host} answered ${answer.statusCode ?? 0} for ${target}`));
    });
    asked.end();
  });
}

/** Of the proxy itself, as request options. */
export function place(proxy: URL): { readonly host: string; readonly port: string } {
  return { host: withoutBrackets(proxy.hostname), port: proxy.port || (proxy.protocol === "https:" ? "443" : "80") };
}
