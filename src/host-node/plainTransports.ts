/** Client transports without TLS: a Unix socket to an API server of our own on this machine, and plain http. No TLS module is loaded for them. */
import * as http from "node:http";
import { withoutBrackets } from "../base/urlHost.ts";
import type { ApiRequest, ApiResponse } from "../machinery/http.ts";
import { byteStream } from "./byteStream.ts";
import type { ClosableTransport } from "./closableTransport.ts";

/** Sockets kept open for the next request; watches take one each. */
export const maxIdleSockets = 64;

export function unixTransport(socketPath: string): ClosableTransport {
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: maxIdleSockets });
  // With a name given, even none, Node doesn't compile its long expression for IPv6 addresses to find one.
  const base = { socketPath, agent, servername: "" };
  return {
    transport: (request) => send((options, done) => http.request({ ...base, ...options, path: request.url }, done), request),
    close: () => agent.destroy(),
  };
}

/** Plain http, for a server behind a proxy of one's own. */
export function plainTransport(server: string, proxyUrl?: string): ClosableTransport {
  const url = new URL(server);
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: maxIdleSockets });
  // A proxy is asked for the whole URL.
  const prefix = `${proxyUrl === undefined ? "" : url.origin}${url.pathname.replace(/\/$/, "")}`;
  const first = proxyUrl === undefined ? url : new URL(proxyUrl);
  const base = { host: withoutBrackets(first.hostname), port: first.port === "" ? 80 : Number(first.port), agent };
  return {
    transport: (request) => send((options, done) => http.request({ ...base, ...options, path: prefix + request.url }, done), request),
    close: () => agent.destroy(),
  };
}

type Start = (options: http.RequestOptions, done: (response: http.IncomingMessage) => void) => http.ClientRequest;

export function send(start: Start, request: ApiRequest): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers[name] = value;
    if (request.body !== undefined) headers["content-length"] = request.body.byteLength;
    const outgoing = start({ method: request.method, headers, signal: request.signal }, (response) =>
      resolve({
        status: response.statusCode ?? 0,
        headers: flatHeaders(response.headers),
        cookies: response.headers["set-cookie"],
        body: response,
      }),
    );
    outgoing.on("error", reject);
    if (request.headers["upgrade"] !== undefined) {
      outgoing.on("upgrade", (response, socket, head) =>
        resolve({ status: 101, headers: flatHeaders(response.headers), body: new Uint8Array(0), upgraded: byteStream(socket, head) }),
      );
    }
    outgoing.end(request.body);
  });
}

function flatHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && name !== "set-cookie") flat[name] = Array.isArray(value) ? value.join(", ") : value;
  return flat;
}
