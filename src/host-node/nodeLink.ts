/**
 * The control plane's way to the kubelets of an agent: HTTP for requests and WebSocket for sessions on a Unix socket, paths prefixed with
 * `/nodes/<name>`. Both ends are ours; a session that the kubelet refuses says why on the error channel.
 */
import { once } from "node:events";
import * as http from "node:http";
import { type Duplex, Readable } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { NodeConnector } from "../apiserver/ports/nodeConnector.ts";
import type { ApiRequest, ApiResponse, StreamSession } from "../machinery/http.ts";
import { ApiError, failure } from "../machinery/status.ts";
import { pump } from "./pump.ts";
import { unixTransport } from "./plainTransports.ts";
import { sendError, webSocketSession } from "./webSocket/session.ts";

/** The kubelet's side, as src/kubelet/server.ts has it. */
export interface NodeServer {
  handle(request: ApiRequest): Promise<ApiResponse>;
  stream(url: string, peer: StreamSession): Promise<void>;
}

const sessionProtocol = "v5.channel.k8s.io";

/** Serves the agent's nodes on `path` until disposed. */
export async function serveNodes(path: string, nodeNamed: (name: string) => NodeServer | undefined): Promise<AsyncDisposable> {
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => sessionProtocol });
  const server = http.createServer((incoming, outgoing) => void serveRequest(incoming, outgoing, nodeNamed));
  server.on("upgrade", (incoming: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    const { node, url } = target(incoming, nodeNamed);
    if (node === undefined) {
      socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
      return;
    }
    upgrades.handleUpgrade(incoming, socket, head, (webSocket) => {
      const peer = webSocketSession(webSocket);
      node
        .stream(url, peer)
        .catch((error: unknown) => sendError(peer, error))
        .finally(() => peer.close());
    });
  });
  server.listen(path);
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of upgrades.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function target(
  incoming: http.IncomingMessage,
  nodeNamed: (name: string) => NodeServer | undefined,
): { node: NodeServer | undefined; url: string } {
  const [, name = "", url = "/"] = /^\/nodes\/([^/]+)(\/.*)$/.exec(incoming.url ?? "") ?? [];
  return { node: nodeNamed(decodeURIComponent(name)), url };
}

async function serveRequest(
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
  nodeNamed: (name: string) => NodeServer | undefined,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  outgoing.on("error", () => undefined);
  const { node, url } = target(incoming, nodeNamed);
  const request = {
    method: incoming.method ?? "GET",
    url,
    headers: incoming.headers as Record<string, string | undefined>,
    signal: gone.signal,
  };
  const response = node === undefined ? notHere() : await node.handle(request);
  outgoing.writeHead(response.status, response.headers);
  outgoing.flushHeaders();
  await pump(response.body instanceof Uint8Array ? Readable.from([response.body]) : response.body, outgoing);
}

function notHere(): ApiResponse {
  return { status: 404, headers: { "content-type": "text/plain" }, body: new TextEncoder().encode("this agent has no such node") };
}

/** Connects to the agent that serves on `path`. */
export function nodeConnector(path: string): NodeConnector & Disposable {
  const link = unixTransport(path);
  return {
    request: (node, request) =>
      link.transport({ ...request, url: place(node, request.url) }).catch((error: unknown) => {
        throw unreachable(node, error);
      }),
    async stream(node, url, peer) {
      const socket = new WebSocket(`ws+unix://${path}:${place(node, url)}`, sessionProtocol);
      const far = webSocketSession(socket);
      try {
        await once(socket, "open");
      } catch (error) {
        throw unreachable(node, error);
      }
      const outward = forward(peer, far).finally(() => far.close());
      await forward(far, peer);
      peer.close();
      await outward;
    },
    [Symbol.dispose]: () => link.close(),
  };
}

const place = (node: string, url: string): string => `/nodes/${encodeURIComponent(node)}${url}`;

async function forward(from: StreamSession, to: StreamSession): Promise<void> {
  try {
    for await (const frame of from.incoming) await to.send(frame);
  } catch {
    // The other side has gone; whoever still has something to say learns it from close().
  }
}

function unreachable(node: string, cause: unknown): ApiError {
  return failure(503, "ServiceUnavailable", `node ${node} can't be reached: ${cause instanceof Error ? cause.message : String(cause)}`);
}
