/**
 * Connections that go on as something else than HTTP: exec and attach in a WebSocket's channels or in SPDY streams, port-forward in SPDY frames,
 * inside a WebSocket or bare. Left out: port-forward in a WebSocket's channels (`v4.channel.k8s.io` with `ports`), of older clients.
 * Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy, staging/src/k8s.io/kubelet/pkg/cri/streaming
 */
import * as http from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ApiRequest, ApiResponse, StreamSession } from "../machinery/http.ts";
import { socketLink, webSocketLink } from "./spdy/byteLink.ts";
import { portForwardProtocol, servePortForward } from "./spdy/portForward.ts";
import { remoteCommandProtocol, serveRemoteCommand } from "./spdy/remoteCommand.ts";
import { remoteCommandProtocols, sendError, webSocketSession } from "./webSocketSession.ts";

/** A streaming request that may begin, or the response that refuses it. `port`: of this one forwarded connection. */
export type Admission = { run(peer: StreamSession, port?: number): Promise<void> } | { refusal: ApiResponse };

type Run = (peer: StreamSession, port?: number) => Promise<void>;

type Form = "channels" | "spdyInWebSocket" | "spdyCommand" | "spdyPortForward";

const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`;
const spdy = "spdy/3.1";
const maxMessageBytes = 32 * 1024 * 1024;

export class Upgrades {
  private readonly connect: (request: ApiRequest, socket: Duplex) => Promise<Admission>;
  private readonly channels = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: (offered) => remoteCommandProtocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  private readonly tunnels = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });

  constructor(connect: (request: ApiRequest, socket: Duplex) => Promise<Admission>) {
    this.connect = connect;
    // Its name is no token, so the library takes no part in choosing it.
    this.tunnels.on("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${tunnelProtocol}`));
  }

  async serve(incoming: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.on("error", () => undefined);
    socket.on("close", () => gone.abort());
    const form = formOf(incoming);
    if ("refusal" in form) return refuse(socket, form.status, form.refusal);
    const url = incoming.url ?? "/";
    const headers = incoming.headers as Record<string, string | undefined>;
    const admitted = await this.connect({ method: incoming.method ?? "GET", url, headers, signal: gone.signal }, incoming.socket);
    if ("refusal" in admitted) {
      const { status, body } = admitted.refusal;
      return refuse(socket, status, body instanceof Uint8Array ? Buffer.from(body).toString() : "", "application/json");
    }
    const run: Run = (peer, port) => admitted.run(peer, port);
    switch (form.form) {
      case "channels":
        this.channels.handleUpgrade(incoming, socket, head, (webSocket) => serveChannels(webSocket, run));
        return;
      case "spdyInWebSocket":
        delete incoming.headers["sec-websocket-protocol"];
        this.tunnels.handleUpgrade(incoming, socket, head, (webSocket) => end(servePortForward(webSocketLink(webSocket), run), socket));
        return;
      case "spdyCommand":
        acceptSpdy(socket, remoteCommandProtocol);
        return end(serveRemoteCommand(socketLink(socket, head), url, run), socket);
      case "spdyPortForward":
        acceptSpdy(socket, portForwardProtocol);
        return end(servePortForward(socketLink(socket, head), run), socket);
    }
  }
}

function serveChannels(webSocket: WebSocket, run: Run): void {
  const peer = webSocketSession(webSocket);
  run(peer)
    .catch((error: unknown) => sendError(peer, error))
    .finally(() => peer.close());
}

/** A session that fails takes its connection with it. */
function end(session: Promise<void>, socket: Duplex): void {
  session.catch(() => socket.destroy());
}

function formOf(incoming: http.IncomingMessage): { readonly form: Form } | { readonly status: number; readonly refusal: string } {
  const { pathname } = new URL(incoming.url ?? "/", "http://api");
  const forwards = pathname.endsWith("/portforward");
  switch (incoming.headers.upgrade?.toLowerCase()) {
    case "websocket": {
      const offered = listed(incoming.headers["sec-websocket-protocol"]);
      if (forwards && offered.includes(tunnelProtocol)) return { form: "spdyInWebSocket" };
      if (remoteCommandProtocols.some((protocol) => offered.includes(protocol))) return { form: "channels" };
      const spoken = [...remoteCommandProtocols, tunnelProtocol].join(", ");
      return { status: 400, refusal: `unable to upgrade: this API server speaks WebSocket with ${spoken} only` };
    }
    case spdy: {
      const protocol = forwards ? portForwardProtocol : remoteCommandProtocol;
      const offered = listed(incoming.headers["x-stream-protocol-version"]);
      // A client of port-forward need not name a protocol: there is one only.
      if (offered.includes(protocol) || (forwards && offered.length === 0)) return { form: forwards ? "spdyPortForward" : "spdyCommand" };
      return {
        status: 403,
        refusal: `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${protocol}]`,
      };
    }
    default:
      return { status: 400, refusal: "unable to upgrade: this API server speaks WebSocket and SPDY/3.1 only" };
  }
}

function listed(header: string | readonly string[] | undefined): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function acceptSpdy(socket: Duplex, protocol: string): void {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
}

function refuse(socket: Duplex, status: number, body: string, contentType = "text/plain"): void {
  const reason = http.STATUS_CODES[status] ?? "Refused";
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
