/**
 * Port-forward: SPDY frames, in a WebSocket with servers since 1.31; each connection is a pair of streams, error and data.
 * Upstream: client-go/tools/portforward/{tunneling_dialer,portforward}.go
 */
import type { ConnectionTarget, ForwardedConnection, PortTunnel } from "../../kubectl/host.ts";
import type { ApiRequest } from "../../machinery/http.ts";
import { type ByteLink, webSocketLink } from "../../host-node/spdy/byteLink.ts";
import { SpdyClientConnection, type SpdyClientStream } from "../../host-node/spdy/clientConnection.ts";
import { openedSocket } from "./upgrade.ts";

const protocol = "SPDY/3.1+portforward.k8s.io";
/** As large as upstream's pieces. */
const maxPieceBytes = 32 * 1024;

export async function webSocketTunnel(target: ConnectionTarget, request: ApiRequest): Promise<PortTunnel> {
  const { socket } = await openedSocket(target, request, [protocol], webSocketLink);
  return portTunnel(socket);
}

export function portTunnel(link: ByteLink): PortTunnel {
  const connection = new SpdyClientConnection(link);
  let requestId = 0;
  return {
    gone: connection.gone,
    async open(port) {
      const headers = { port: String(port), requestid: String(requestId) };
      requestId += 1;
      const error = await connection.open(new Map(Object.entries({ streamtype: "error", ...headers })));
      // Nothing is written on it from here.
      await error.end();
      const data = await connection.open(new Map(Object.entries({ streamtype: "data", ...headers })));
      return forwarded(data, error);
    },
    close: () => connection.close(),
  };
}

function forwarded(data: SpdyClientStream, error: SpdyClientStream): ForwardedConnection {
  const problem = textOf(error);
  return {
    incoming: data.incoming,
    async send(bytes) {
      for (let at = 0; at < bytes.byteLength; at += maxPieceBytes) await data.send(bytes.subarray(at, at + maxPieceBytes));
    },
    end: () => data.end(),
    reset: () => data.reset().catch(() => undefined),
    problem: () => problem,
  };
}

async function textOf(stream: SpdyClientStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream.incoming) text += decoder.decode(piece, { stream: true });
  return text;
}
