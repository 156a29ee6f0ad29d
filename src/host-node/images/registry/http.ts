/**
 * One HTTP request to a registry, redirects followed. The world's failures become RegistryErrors of one sentence. A connection on which nothing comes for a
 * while is broken off.
 */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { openTunnel, place, type ProxyChoice, proxyHeaders } from "./proxy.ts";
import { RegistryError } from "./registryError.ts";
import type { Endpoint } from "./settings.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly endpoint: Pick<Endpoint, "ca" | "insecure">;
  readonly headers: Readonly<Record<string, string>>;
  readonly method?: "GET" | "POST" | undefined;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** Default: none. */
  readonly proxyOf?: ProxyChoice | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

const maxRedirects = 5;

export async function httpRequest(asked: HttpRequest): Promise<HttpAnswer> {
  let { url, headers } = asked;
  for (let redirects = 0; ; redirects += 1) {
    const body = await send({ ...asked, url, headers });
    const { statusCode: status = 0, headers: got } = body;
    if (![301, 302, 303, 307, 308].includes(status) || got.location === undefined) return { status, headers: got, body };
    body.resume();
    if (redirects === maxRedirects) throw new RegistryError("broken", `${asked.url.host} redirects more than ${maxRedirects} times`);
    const next = new URL(got.location, url);
    if (url.protocol === "https:" && next.protocol !== "https:")
      throw new RegistryError("refused", `${url.host} redirects to plain HTTP at ${next.host}, which is refused`);
    // A token is for the registry, not for the store of blobs behind it.
    if (next.host !== url.host) headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));
    url = next;
  }
}

/** The request, not sent yet: straight to the server, by a plain proxy's own words, or through a tunnel that a proxy makes. */
async function prepared({ url, endpoint, headers, method, signal, stallMs, proxyOf }: HttpRequest): Promise<ClientRequest> {
  const options = { method: method ?? "GET", headers: { "user-agent": "coxswain", ...headers }, signal, timeout: stallMs };
  const proxy = proxyOf?.(url);
  const { ca, insecure } = endpoint;
  if (url.protocol === "https:") {
    if (proxy === undefined) return secureRequest(url, { ...options, ca, rejectUnauthorized: !insecure });
    const socket = await openTunnel(proxy, url, { ca, insecure, signal, timeoutMs: stallMs });
    return secureRequest(url, { ...options, createConnection: () => socket });
  }
  if (proxy === undefined) return plainRequest(url, options);
  const ask = proxy.protocol === "https:" ? secureRequest : plainRequest;
  return ask({ ...options, ...place(proxy), path: url.href, headers: { ...options.headers, host: url.host, ...proxyHeaders(proxy) } });
}

async function send(asked: HttpRequest): Promise<IncomingMessage> {
  const { url, body, stallMs } = asked;
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new RegistryError("refused", `${url.protocol} is no protocol of registries`);
  const outgoing = await prepared(asked);
  return await new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined;
    outgoing.on("timeout", () => {
      answer?.destroy(stalled(url, stallMs));
      outgoing.destroy(stalled(url, stallMs));
    });
    outgoing.on("error", (error) => reject(networkError(error, url)));
    outgoing.on("response", (incoming) => {
      answer = incoming;
      incoming.on("error", () => undefined);
      resolve(incoming);
    });
    outgoing.end(body);
  });
}

/** The whole body, of at most `maxBytes`. */
export async function readBody({ body }: HttpAnswer, url: URL, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > maxBytes) throw new RegistryError("broken", `${url.host} sends more than ${maxBytes} bytes for ${url.pathname}`);
      parts.push(part);
    }
  } catch (error) {
    throw networkError(error, url);
  }
  return Buffer.concat(parts);
}

function stalled(url: URL, stallMs: number): RegistryError {
  return new RegistryError("unreachable", `${url.host} sent nothing for ${stallMs / 1000} s`);
}

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host (the name can't be resolved now)",
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "connection reset by peer",
  ETIMEDOUT: "i/o timeout",
  ENETUNREACH: "connect: network is unreachable",
  EHOSTUNREACH: "connect: no route to host",
  EPROTO: "http: server gave HTTP response to HTTPS client (where that is meant, set plainHttp for it in registries.json)",
  CERT_HAS_EXPIRED: "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls: failed to verify certificate: x509: certificate is not valid for this name",
};
const unknownAuthority = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

export function networkError(error: unknown, url: URL): Error {
  if (error instanceof RegistryError || !(error instanceof Error) || error.name === "AbortError")
    return error instanceof Error ? error : new Error(String(error));
  const { code = "", message } = error as NodeJS.ErrnoException;
  const what = unknownAuthority.has(code)
    ? "tls: failed to verify certificate: x509: certificate signed by unknown authority (name its CA in registries.json)"
    : (sentences[code] ?? message);
  return new RegistryError("unreachable", `${url.origin}: ${what}`, { cause: error });
}
