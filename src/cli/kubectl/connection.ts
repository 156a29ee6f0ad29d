/**
 * kubectl's way to an API server from Node: http or https, through a proxy where one is named, and WebSockets, else SPDY, for exec and its kin.
 * Errors are worded as Go words them, because people search for those words.
 */
import { type Connection, type ConnectionTarget, ConnectError, UpgradeRefused } from "../../kubectl/host.ts";
import type { ClosableTransport } from "../../host-node/closableTransport.ts";
import { asConnectError } from "./connectError.ts";
import type { ApiRequest, Transport } from "../../machinery/http.ts";

type Env = Readonly<Record<string, string | undefined>>;

export function nodeConnection(target: ConnectionTarget, env: Env = {}): Connection {
  let made: Promise<ClosableTransport> | undefined;
  const url = new URL(target.server);
  const transport: Transport = async (request) => {
    if (!/^https?:$/.test(url.protocol)) throw new ConnectError(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
    try {
      return await (await (made ??= opened(url, target))).transport(splitHeaders(request));
    } catch (error) {
      throw asConnectError(error, target);
    }
  };
  return {
    transport,
    upgrade: (request, protocols) =>
      firstOf(
        env["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"],
        async () => await (await import("./upgrade.ts")).upgrade(target, splitHeaders(request), protocols),
        async () => await (await import("./spdy.ts")).spdySession(transport, request),
      ),
    forward: (request) =>
      firstOf(
        env["KUBECTL_PORT_FORWARD_WEBSOCKETS"],
        async () => await (await import("./portTunnel.ts")).webSocketTunnel(target, splitHeaders(request)),
        async () => (await import("./portTunnel.ts")).portTunnel(await (await import("./spdy.ts")).spdyForwardLink(transport, request)),
      ),
    close: () => void made?.then(({ close }) => close()),
  };
}

/** A WebSocket, unless `wanted` is false; SPDY where the server refuses it. */
async function firstOf<T>(wanted: string | undefined, webSocket: () => Promise<T>, spdy: () => Promise<T>): Promise<T> {
  if (wanted?.toLowerCase() === "false") return await spdy();
  try {
    return await webSocket();
  } catch (error) {
    if (!(error instanceof UpgradeRefused)) throw error;
    return await spdy();
  }
}

/** Loads no more of the network's modules than this way needs. */
async function opened({ protocol }: URL, target: ConnectionTarget): Promise<ClosableTransport> {
  return protocol === "http:"
    ? (await import("../../host-node/plainTransports.ts")).plainTransport(target.server, target.proxyUrl)
    : (await import("../../host-node/transports.ts")).tlsTransport(target);
}

/** A header of several values travels as lines of one text. */
function splitHeaders(request: ApiRequest): ApiRequest {
  const several = Object.entries(request.headers).filter(([, value]) => value?.includes("\n") === true);
  if (several.length === 0) return request;
  const split = Object.fromEntries(several.map(([name, value]) => [name, value?.split("\n")]));
  return { ...request, headers: { ...request.headers, ...(split as unknown as ApiRequest["headers"]) } };
}
