/** WebSockets to an API server for exec and its kin, with kubectl's heartbeat. */
import type * as http from "node:http";
import { WebSocket } from "ws";
import { serverIdentity, tlsAgent } from "../../host-node/transports.ts";
import { webSocketSession } from "../../host-node/webSocket/session.ts";
import { type ClientSession, type ConnectionTarget, UpgradeRefused } from "../../kubectl/host.ts";
import type { ApiRequest } from "../../machinery/http.ts";
import { asConnectError } from "./connectError.ts";

const pingEveryMs = 5000;
/** Twelve pings without an answer, as upstream counts. */
const silenceMs = 12 * pingEveryMs + 1000;
const maxMessageBytes = 64 * 1024 * 1024;

/** A session of exec or attach. */
export async function upgrade(target: ConnectionTarget, request: ApiRequest, protocols: readonly string[]): Promise<ClientSession> {
  let problem: string | undefined;
  const { socket, protocol } = await openedSocket(target, request, protocols, (webSocket, agreed) => {
    webSocket.on("close", (code, reason) => {
      if (code !== 1000) problem = `websocket: close ${code}${closeText(code, reason.toString())}`;
    });
    return webSocketSession(webSocket, agreed);
  });
  return { ...socket, protocol, problem: () => problem };
}

/** `take` gets the socket before anything can come on it. */
export async function openedSocket<T>(
  target: ConnectionTarget,
  request: ApiRequest,
  protocols: readonly string[],
  take: (webSocket: WebSocket, agreed: () => string) => T,
): Promise<{ readonly socket: T; readonly protocol: string }> {
  let protocol = "";
  const webSocket = openSocket(target, request, protocols, (taken) => (protocol = taken));
  const socket = take(webSocket, () => protocol);
  await opened(webSocket, target);
  keepAlive(webSocket);
  return { socket, protocol };
}

/** The library takes no part in choosing a protocol: some of the names are no tokens, which it would refuse. */
function openSocket(
  target: ConnectionTarget,
  request: ApiRequest,
  protocols: readonly string[],
  told: (protocol: string) => void,
): WebSocket {
  const server = new URL(target.server);
  const given = Object.entries(request.headers).filter(([, value]) => value !== undefined);
  const headers = { ...Object.fromEntries(given), "Sec-WebSocket-Protocol": protocols.join(",") };
  const webSocket: WebSocket = new WebSocket(`${server.href.replace(/^http/, "ws").replace(/\/$/, "")}${request.url}`, {
    headers: headers as http.OutgoingHttpHeaders as Record<string, string>,
    rejectUnauthorized: !target.insecure,
    ca: target.ca,
    cert: target.cert,
    key: target.key,
    ...serverIdentity(target),
    ...(target.proxyUrl === undefined ? {} : { agent: tlsAgent(target) }),
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    finishRequest(outgoing: http.ClientRequest) {
      outgoing.prependListener("upgrade", ({ headers: answered }: http.IncomingMessage) => {
        told(answered["sec-websocket-protocol"] ?? "");
        delete answered["sec-websocket-protocol"];
      });
      outgoing.end();
    },
  });
  return webSocket;
}

function opened(socket: WebSocket, target: ConnectionTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", (error) => reject(asConnectError(error, target)));
    socket.once("unexpected-response", (_request, response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => reject(new UpgradeRefused(response.statusCode ?? 0, Buffer.concat(parts))));
    });
  });
}

/** Notices a server that has gone without a word, and keeps proxies from closing what is merely quiet. */
function keepAlive(socket: WebSocket): void {
  let heardAt = performance.now();
  socket.on("pong", () => (heardAt = performance.now()));
  const timer = setInterval(() => {
    // What we write is stuck: the server is there, but holds us back, our pings too.
    if (socket.bufferedAmount > 0) heardAt = performance.now();
    if (performance.now() - heardAt > silenceMs) return socket.terminate();
    socket.ping(() => undefined);
  }, pingEveryMs);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}

/** As Go's WebSocket library puts it. */
function closeText(code: number, reason: string): string {
  const names: Readonly<Record<number, string>> = {
    1001: "going away",
    1002: "protocol error",
    1005: "no status",
    1006: "abnormal closure",
    1009: "message too big",
    1011: "internal server error",
  };
  const name = names[code] === undefined ? "" : ` (${names[code]})`;
  const told = reason === "" && code === 1006 ? "unexpected EOF" : reason;
  return told === "" ? name : `${name}: ${told}`;
}
