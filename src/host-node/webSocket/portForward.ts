/**
 * Port-forward in a WebSocket's channels, as client libraries speak it: one connection to each port that the request names. Of port i, channel 2i
 * carries data and 2i+1 its error; both begin with the port, two bytes, the low one first.
 * Upstream: staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
import type { StreamSession } from "../../machinery/http.ts";
import { forwardConnection } from "../forwardedConnection.ts";
import { FrameQueue } from "../frameQueue.ts";

/** Ends when all connections have. */
export async function serveForwardedPorts(
  session: StreamSession,
  ports: readonly number[],
  run: (peer: StreamSession, port: number) => Promise<void>,
): Promise<void> {
  const connections = ports.map((port, index) => ({ port, ...connectionOf(session, index) }));
  void deliver(
    session,
    connections.map(({ queue }) => queue),
  );
  await Promise.all(
    connections.map(async ({ peer, port }) => {
      const named = Uint8Array.of(port & 255, port >> 8);
      for (const channel of [0, 1]) await peer.send({ channel, data: named }).catch(() => undefined);
      await forwardConnection(peer, (plain) => run(plain, port));
    }),
  );
  session.close();
}

function connectionOf(session: StreamSession, index: number): { readonly queue: FrameQueue; readonly peer: StreamSession } {
  const queue = new FrameQueue();
  const peer: StreamSession = {
    incoming: queue.frames,
    send: ({ channel, data }) => session.send({ channel: 2 * index + channel, data }),
    close: () => queue.end(),
  };
  return { queue, peer };
}

async function deliver(session: StreamSession, queues: readonly FrameQueue[]): Promise<void> {
  for await (const { channel, data } of session.incoming) {
    if (channel % 2 === 0) await queues[channel / 2]?.put({ channel: 0, data });
  }
  for (const queue of queues) queue.end();
}

/** The ports of a request's query; throws Error in upstream's words where there is none or a wrong one. */
export function forwardedPorts(query: URLSearchParams): readonly number[] {
  const given = query.getAll("ports");
  if (given.length === 0) throw new Error('query parameter "port" is required');
  return given.flatMap((text) => {
    if (text === "") throw new Error('query parameter "port" cannot be empty');
    return text.split(",").map((part) => portOf(part, text));
  });
}

function portOf(part: string, whole: string): number {
  const complaint = (reason: string): Error =>
    new Error(`unable to parse ${JSON.stringify(whole)} as a port: strconv.ParseUint: parsing ${JSON.stringify(part)}: ${reason}`);
  if (!/^\d+$/.test(part)) throw complaint("invalid syntax");
  const port = Number(part);
  if (port > 65_535) throw complaint("value out of range");
  if (port < 1) throw new Error(`port ${JSON.stringify(whole)} must be > 0`);
  return port;
}
