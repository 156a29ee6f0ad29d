/**
 * Connections that go on as something else than HTTP: exec, attach and port-forward in a WebSocket's channels or in SPDY streams (port-forward's
 * SPDY also inside a WebSocket), watches and logs as a WebSocket's messages, and whatever a proxied pod makes of it.
 * Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy, staging/src/k8s.io/kubelet/pkg/cri/streaming
 */
import type * as http from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ApiRequest, ApiResponse, StreamFrame, StreamSession } from "../machinery/http.ts";
import { serviceUnavailable } from "../machinery/status.ts";
import { refuseUpgrade, responseHead } from "./byteStream.ts";
import { socketLink, webSocketLink } from "./spdy/byteLink.ts";
import { portForwardProtocol, servePortForward } from "./spdy/portForward.ts";
import { remoteCommandProtocol, serveRemoteCommand } from "./spdy/remoteCommand.ts";
import { eventMessages, isEndless, logMessages, sendMessages } from "./webSocket/messages.ts";
import { forwardedPorts, serveForwardedPorts } from "./webSocket/portForward.ts";
import { agreedProtocol, bearerAmong, commandProtocols, forwardProtocols, logProtocols } from "./webSocket/protocols.ts";
import { sendError, webSocketSession } from "./webSocket/session.ts";

/** A streaming request that may begin, or the response that refuses it. `port`: of this one forwarded connection. */
export type Admission = { run(peer: StreamSession, port?: number): Promise<void> } | { refusal: ApiResponse };

type Run = (peer: StreamSession, port?: number) => Promise<void>;

/** The API server, for requests on connections that are to be upgraded. */
export interface UpgradeTarget {
  connect(request: ApiRequest, socket: Duplex): Promise<Admission>;
  handle(request: ApiRequest, socket: Duplex): Promise<ApiResponse>;
}

type Form =
  | { readonly form: "channels" | "forwardChannels" | "messages"; readonly protocol: string }
  | { readonly form: "spdyInWebSocket" | "spdyCommand" | "spdyPortForward" | "proxied" };

interface Upgrade {
  readonly incoming: http.IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly request: ApiRequest;
}

const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`;
const spdy = "spdy/3.1";
const proxiedPath = /^\/api\/v1\/(namespaces\/[^/]+\/(pods|services)|nodes)\/[^/]+\/proxy(\/|$)/;
const maxMessageBytes = 32 * 1024 * 1024;

export class Upgrades {
  private readonly target: UpgradeTarget;
  private readonly webSockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  /** What was agreed on. Some of the names are no tokens, so the library takes no part in choosing. */
  private readonly agreed = new WeakMap<http.IncomingMessage, string>();

  constructor(target: UpgradeTarget) {
    this.target = target;
    this.webSockets.on("headers", (headers, incoming) => {
      const protocol = this.agreed.get(incoming) ?? "";
      if (protocol !== "") headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
  }

  async serve(incoming: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.on("error", () => undefined);
    socket.on("close", () => gone.abort());
    const { token, others } = bearerAmong(listed(incoming.headers["sec-websocket-protocol"]));
    const form = formOf(incoming, others);
    if ("refusal" in form) return refuse(socket, form.status, form.refusal);
    // A token isn't for whom the connection may be handed on to.
    const { "sec-websocket-protocol": _named, ...plain } = incoming.headers;
    const named = others.length === 0 ? {} : { "sec-websocket-protocol": others.join(", ") };
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...plain, ...named };
    const request: ApiRequest = {
      method: incoming.method ?? "GET",
      url: incoming.url ?? "/",
      headers: headers as Record<string, string | undefined>,
      signal: gone.signal,
    };
    const upgrade = { incoming, socket, head, request };
    if (form.form === "messages") return await this.serveMessages(upgrade, form.protocol);
    const admitted = await this.target.connect(request, incoming.socket);
    if ("refusal" in admitted) return await refuseUpgrade(socket, admitted.refusal);
    this.serveSession(upgrade, form, (peer, port) => admitted.run(peer, port));
  }

  private serveSession(upgrade: Upgrade, form: Form, run: Run): void {
    const { socket, head, request } = upgrade;
    switch (form.form) {
      case "channels":
        return this.accept(upgrade, form.protocol, (webSocket) => serveChannels(webSocket, form.protocol, run));
      case "forwardChannels":
        return this.serveForward(upgrade, form.protocol, run);
      case "spdyInWebSocket":
        return this.accept(upgrade, tunnelProtocol, (webSocket) => end(servePortForward(webSocketLink(webSocket), run), socket));
      case "spdyCommand":
        acceptSpdy(socket, remoteCommandProtocol);
        return end(serveRemoteCommand(socketLink(socket, head), request.url, run), socket);
      case "spdyPortForward":
        acceptSpdy(socket, portForwardProtocol);
        return end(servePortForward(socketLink(socket, head), run), socket);
      case "proxied":
        return end(serveProxied(upgrade, run), socket);
      case "messages":
    }
  }

  private serveForward(upgrade: Upgrade, protocol: string, run: Run): void {
    try {
      const ports = forwardedPorts(new URL(upgrade.request.url, "http://api").searchParams);
      // The unnamed protocol is version 4 here.
      const spoken = protocol === "" ? "v4.channel.k8s.io" : protocol;
      this.accept(upgrade, protocol, (webSocket) =>
        end(
          serveForwardedPorts(
            webSocketSession(webSocket, () => spoken),
            ports,
            run,
          ),
          upgrade.socket,
        ),
      );
    } catch (error) {
      refuse(upgrade.socket, 400, error instanceof Error ? error.message : String(error));
    }
  }

  private async serveMessages(upgrade: Upgrade, protocol: string): Promise<void> {
    const response = await this.target.handle(upgrade.request, upgrade.incoming.socket);
    const { body, headers } = response;
    if (!isEndless(response) || body instanceof Uint8Array) return await refuseUpgrade(upgrade.socket, response);
    const isWatch = headers["content-type"]?.startsWith("application/json") === true;
    const messages = isWatch ? eventMessages(body) : logMessages(body, protocol);
    this.accept(upgrade, protocol, (webSocket) => void sendMessages(webSocket, messages).catch(() => upgrade.socket.destroy()));
  }

  private accept({ incoming, socket, head }: Upgrade, protocol: string, serve: (webSocket: WebSocket) => void): void {
    delete incoming.headers["sec-websocket-protocol"];
    this.agreed.set(incoming, protocol);
    this.webSockets.handleUpgrade(incoming, socket, head, serve);
  }
}

function serveChannels(webSocket: WebSocket, protocol: string, run: Run): void {
  const peer = webSocketSession(webSocket, () => protocol);
  run(peer)
    .catch((error: unknown) => sendError(peer, error))
    .finally(() => peer.close());
}

/** A session that fails takes its connection with it. */
function end(session: Promise<void>, socket: Duplex): void {
  session.catch(() => socket.destroy());
}

/** Bytes both ways; what the pod answers to the head that the session begins with is the answer. */
async function serveProxied({ socket, head }: Upgrade, run: Run): Promise<void> {
  const link = socketLink(socket, head);
  let answered = false;
  async function* incoming(): AsyncGenerator<StreamFrame> {
    for await (const data of link.incoming) yield { channel: 0, data };
  }
  const send = async ({ channel, data }: StreamFrame): Promise<void> => {
    if (data === null) return void socket.end();
    if (channel !== 0 && answered) return void socket.destroy();
    if (channel !== 0) return await refuseUpgrade(socket, unreachable(Buffer.from(data).toString()));
    answered = true;
    await link.send(data);
  };
  await run({ incoming: incoming(), send, close: () => void socket.end() });
}

function unreachable(why: string): ApiResponse {
  const { status } = serviceUnavailable(`error trying to reach service: ${why}`);
  return { status: 503, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(status)) };
}

type Refusal = { readonly status: number; readonly refusal: string };

function formOf(incoming: http.IncomingMessage, offered: readonly string[]): Form | Refusal {
  const { pathname } = new URL(incoming.url ?? "/", "http://api");
  if (proxiedPath.test(pathname)) return { form: "proxied" };
  const [, session] = /\/pods\/[^/]+\/(exec|attach|portforward)$/.exec(pathname) ?? [];
  switch (incoming.headers.upgrade?.toLowerCase()) {
    case "websocket":
      return session === undefined ? messagesForm(pathname, offered) : sessionForm(session === "portforward", offered);
    case spdy:
      return spdyForm(session === "portforward", listed(incoming.headers["x-stream-protocol-version"]));
    default:
      return { status: 400, refusal: "unable to upgrade: this API server speaks WebSocket and SPDY/3.1 only" };
  }
}

function sessionForm(forwards: boolean, offered: readonly string[]): Form | Refusal {
  if (forwards && offered.includes(tunnelProtocol)) return { form: "spdyInWebSocket" };
  const protocol = agreedProtocol(offered, forwards ? forwardProtocols : commandProtocols);
  if (protocol !== undefined) return { form: forwards ? "forwardChannels" : "channels", protocol };
  return unspoken(offered, forwards ? [...forwardProtocols, tunnelProtocol] : commandProtocols);
}

function messagesForm(pathname: string, offered: readonly string[]): Form | Refusal {
  const isLog = pathname.endsWith("/log");
  const protocol = isLog ? agreedProtocol(offered, logProtocols) : (offered[0] ?? "");
  return protocol === undefined ? unspoken(offered, logProtocols) : { form: "messages", protocol };
}

function unspoken(offered: readonly string[], spoken: readonly string[]): Refusal {
  return { status: 403, refusal: `requested protocol(s) are not supported: [${offered.join(" ")}]; supports [${spoken.join(" ")}]` };
}

function spdyForm(forwards: boolean, offered: readonly string[]): Form | Refusal {
  const protocol = forwards ? portForwardProtocol : remoteCommandProtocol;
  // A client of port-forward need not name a protocol: there is one only.
  if (offered.includes(protocol) || (forwards && offered.length === 0)) return { form: forwards ? "spdyPortForward" : "spdyCommand" };
  return {
    status: 403,
    refusal: `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${protocol}]`,
  };
}

function listed(header: string | readonly string[] | undefined): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function acceptSpdy(socket: Duplex, protocol: string): void {
  socket.write(responseHead(101, { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol }));
}

function refuse(socket: Duplex, status: number, text: string): void {
  void refuseUpgrade(socket, { status, headers: { "content-type": "text/plain" }, body: Buffer.from(text) });
}
