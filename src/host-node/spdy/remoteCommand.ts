/**
 * Exec and attach over SPDY: the client opens one stream for each of stdin, stdout, stderr, error and resize that it asked for, and the session
 * begins when all are there. Version 4 of the protocol: errors are a Status, terminals can be resized.
 * Upstream: staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/httpstream.go
 */
import type { StreamSession } from "../../machinery/http.ts";
import { commandChannels } from "../../machinery/streamChannels.ts";
import { sendError } from "../webSocket/session.ts";
import type { ByteLink } from "./byteLink.ts";
import { SpdyConnection, type SpdyStream, type StreamSink } from "./connection.ts";
import { StreamGroup } from "./streamGroup.ts";

export const remoteCommandProtocol = "v4.channel.k8s.io";

const channels: Readonly<Record<string, number>> = commandChannels;
const openTimeoutMs = 30_000;

export async function serveRemoteCommand(link: ByteLink, url: string, run: (peer: StreamSession) => Promise<void>): Promise<void> {
  const wanted = streamsOf(new URL(url, "http://pod").searchParams);
  const group = new StreamGroup();
  const timer = setTimeout(() => connection.close(), openTimeoutMs);
  const accept = (stream: SpdyStream): StreamSink | undefined => {
    const type = stream.headers.get("streamtype") ?? "";
    const channel = channels[type];
    if (channel === undefined || !wanted.has(type) || group.has(channel)) return undefined;
    const sink = group.add(channel, stream);
    if (group.size === wanted.size) {
      clearTimeout(timer);
      // The client gets its reply for this stream first.
      queueMicrotask(() => void session());
    }
    return sink;
  };
  const session = async (): Promise<void> => {
    await run(group).catch((error: unknown) => sendError(group, error));
    group.close();
    connection.close();
  };
  const connection = new SpdyConnection(link, accept);
  try {
    await connection.run();
  } finally {
    clearTimeout(timer);
  }
}

/** By what is asked for in a request: the streams that the client opens. */
export function streamsOf(query: URLSearchParams): ReadonlySet<string> {
  const asked = (name: string): boolean => ["true", "1"].includes(query.get(name) ?? "");
  const wanted = new Set(["error"]);
  for (const name of ["stdin", "stdout"]) if (asked(name)) wanted.add(name);
  if (asked("stderr") && !asked("tty")) wanted.add("stderr");
  if (asked("tty")) wanted.add("resize");
  return wanted;
}
