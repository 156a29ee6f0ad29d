/**
 * Port-forward over SPDY: each connection of the user is a pair of streams, data and error, with one request id. The error stream ends with
 * the data stream: a client waits for both.
 * Upstream: pkg/kubelet (staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go)
 */
import type { StreamSession } from "../../machinery/http.ts";
import { forwardChannels } from "../../machinery/streamChannels.ts";
import { forwardConnection } from "../forwardedConnection.ts";
import type { ByteLink } from "./byteLink.ts";
import { SpdyConnection, type SpdyStream, type StreamSink } from "./connection.ts";
import { StreamGroup } from "./streamGroup.ts";

export const portForwardProtocol = "portforward.k8s.io";

const channels: Readonly<Record<string, number>> = forwardChannels;
const pairTimeoutMs = 30_000;

/** `run` forwards one connection to a port of the pod, until it ends. */
export async function servePortForward(link: ByteLink, run: (peer: StreamSession, port: number) => Promise<void>): Promise<void> {
  const waiting = new Map<string, { readonly group: StreamGroup; readonly timer: NodeJS.Timeout }>();
  const accept = (stream: SpdyStream): StreamSink | undefined => {
    const { headers } = stream;
    const channel = channels[headers.get("streamtype") ?? ""];
    const port = Number(headers.get("port"));
    const id = headers.get("requestid") ?? "";
    if (channel === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
    const known = waiting.get(id);
    if (known === undefined) {
      const group = new StreamGroup();
      const timer = setTimeout(() => {
        waiting.delete(id);
        group.close();
      }, pairTimeoutMs);
      waiting.set(id, { group, timer });
      return group.add(channel, stream);
    }
    if (known.group.has(channel)) return undefined;
    clearTimeout(known.timer);
    waiting.delete(id);
    const sink = known.group.add(channel, stream);
    // The client gets its reply for this stream first.
    queueMicrotask(() => void forwardConnection(known.group, (peer) => run(peer, port)));
    return sink;
  };
  try {
    await new SpdyConnection(link, accept).run();
  } finally {
    for (const { timer } of waiting.values()) clearTimeout(timer);
  }
}
