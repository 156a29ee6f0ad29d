/** HTTP with what listens in a pod, over a connection that its node forwards. Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy */
import * as http from "node:http";
import type { Duplex, Readable } from "node:stream";
import * as tls from "node:tls";
import { createGunzip, createInflate } from "node:zlib";
import type { NodeConnector } from "../../apiserver/ports/nodeConnector.ts";
import { forwardUrl, type PodPort, type PodTransport } from "../../apiserver/ports/podTransport.ts";
import { type ApiRequest, type ApiResponse, connectionHeaders } from "../../machinery/http.ts";
import { send } from "../plainTransports.ts";
import { htmlThrough, type LinkPlace, linkThrough } from "./links.ts";
import { sessionLink } from "./sessionLink.ts";

export function podTransport(nodes: NodeConnector): PodTransport {
  return {
    async request(target, request, prefix) {
      const link = connected(nodes, target);
      const ended = request.method === "HEAD" || request.method === "GET" ? undefined : (request.body ?? new Uint8Array(0));
      const answer = await send(
        // Without an agent: one would dial by itself.
        (options, done) => http.request({ ...options, path: request.url, createConnection: () => link }, done),
        { ...request, body: ended },
      ).catch((error: unknown) => {
        link.destroy();
        throw dialError(error, target);
      });
      const hosts = new Set([`${target.ip}:${target.port}`, target.ip, request.headers["host"] ?? ""]);
      return throughProxy(request, answer, { prefix, hosts });
    },
  };
}

function connected(nodes: NodeConnector, target: PodPort): Duplex {
  const link = sessionLink((peer) => nodes.stream(target.node, forwardUrl(target), peer));
  return target.scheme === "https" ? tls.connect({ socket: link, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] }) : link;
}

/** As Go says it, which people know from upstream. */
function dialError(error: unknown, { ip, port }: PodPort): Error {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.includes("ECONNREFUSED")) return new Error(`dial tcp ${ip}:${port}: connect: connection refused`);
  return new Error(reason.includes("wrong version number") ? "http: server gave HTTP response to HTTPS client" : reason);
}

const decoders = { gzip: createGunzip, deflate: createInflate } as const;

function throughProxy({ method }: ApiRequest, answer: ApiResponse, place: LinkPlace): ApiResponse {
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !connectionHeaders.has(name)));
  const { location, "content-type": type = "", "content-encoding": encoding } = headers;
  const body = answer.body as http.IncomingMessage;
  if (location !== undefined) return { ...answer, headers: { ...headers, location: linkThrough(location, place) } };
  if (method === "HEAD" || type.split(";")[0]?.trim() !== "text/html") return { ...answer, headers };
  if (encoding !== undefined && !(encoding in decoders)) return { ...answer, headers };
  delete headers["content-encoding"];
  delete headers["content-length"];
  return { ...answer, headers, body: rewritten(body, encoding as keyof typeof decoders | undefined, place) };
}

async function* rewritten(body: Readable, encoding: keyof typeof decoders | undefined, place: LinkPlace): AsyncGenerator<Uint8Array> {
  const html = htmlThrough(place);
  const failed = (error: Error): void => void html.destroy(error);
  const plain = encoding === undefined ? body : body.on("error", failed).pipe(decoders[encoding]());
  plain.on("error", failed).setEncoding("utf8").pipe(html);
  try {
    // Read from the first moment: what nobody reads is lost in this stream.
    for await (const part of html) yield Buffer.from(part as string);
  } finally {
    body.destroy();
  }
}
