/**
 * Exec and port-forward over SPDY, for servers before 1.30 and proxies that let no WebSockets through: what a session needs is opened as streams.
 * Upstream: client-go/tools/remotecommand/{fallback,spdy,v4}.go, client-go/tools/portforward/fallback_dialer.go
 */
import { FrameQueue } from "../../host-node/frameQueue.ts";
import { type ByteLink, upgradedLink } from "../../host-node/spdy/byteLink.ts";
import { SpdyClientConnection, type SpdyClientStream } from "../../host-node/spdy/clientConnection.ts";
import { portForwardProtocol } from "../../host-node/spdy/portForward.ts";
import { remoteCommandProtocol, streamsOf } from "../../host-node/spdy/remoteCommand.ts";
import { type ClientSession, UpgradeRefused } from "../../kubectl/host.ts";
import type { ApiRequest, Transport } from "../../machinery/http.ts";
import { commandChannels } from "../../machinery/streamChannels.ts";

type StreamName = keyof typeof commandChannels;

/** A session of exec or attach. Rejects with UpgradeRefused. */
export async function spdySession(transport: Transport, request: ApiRequest): Promise<ClientSession> {
  const wanted = streamsOf(new URL(request.url, "http://server").searchParams);
  const connection = new SpdyClientConnection(await spdyLink(transport, request, remoteCommandProtocol));
  const streams = new Map<number, SpdyClientStream>();
  for (const name of ["error", "stdin", "stdout", "stderr", "resize"] as const satisfies readonly StreamName[])
    if (wanted.has(name)) streams.set(commandChannels[name], await connection.open(new Map([["streamtype", name]])));
  const queue = new FrameQueue();
  void bring(streams, queue).finally(() => queue.end());
  return {
    protocol: remoteCommandProtocol,
    incoming: queue.frames,
    async send({ channel, data }) {
      await (data === null ? streams.get(channel)?.end() : streams.get(channel)?.send(data));
    },
    close() {
      queue.end();
      connection.close();
    },
    // Asked for where no Status came: the connection broke before.
    problem: () => "unexpected EOF",
  };
}

/** Until all streams that the server writes on have ended. */
async function bring(streams: ReadonlyMap<number, SpdyClientStream>, queue: FrameQueue): Promise<void> {
  const { error, stdout, stderr } = commandChannels;
  await Promise.all(
    [error, stdout, stderr].map(async (channel) => {
      for await (const data of streams.get(channel)?.incoming ?? []) await queue.put({ channel, data });
    }),
  );
}

/** What a port-forward's streams travel on. Rejects with UpgradeRefused. */
export async function spdyForwardLink(transport: Transport, request: ApiRequest): Promise<ByteLink> {
  return await spdyLink(transport, request, portForwardProtocol);
}

async function spdyLink(transport: Transport, request: ApiRequest, protocol: string): Promise<ByteLink> {
  const headers = { ...request.headers, connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol };
  const answer = await transport({ ...request, method: "POST", body: new Uint8Array(0), headers });
  if (answer.upgraded !== undefined) return upgradedLink(answer.upgraded);
  const parts: Uint8Array[] = [];
  if (answer.body instanceof Uint8Array) parts.push(answer.body);
  else for await (const part of answer.body) parts.push(part);
  throw new UpgradeRefused(answer.status, Buffer.concat(parts));
}
