/** A child process on a StreamSession: exec and attach as clients see them, with the closing Status that says how it went. */
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { StreamSession } from "../../machinery/http.ts";
import { commandChannels, exitStatus } from "../../machinery/streamChannels.ts";
import { writeAll } from "./writeAll.ts";

export interface SessionEnds {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The client asks for another size of its terminal. */
  readonly resize?: ((size: { readonly width: number; readonly height: number }) => void) | undefined;
}

/** Copies both ways until the outputs end. `peerGone` is called when the client leaves first. */
export async function copyStreams(ends: SessionEnds, peer: StreamSession, peerGone: () => void): Promise<void> {
  let over = false;
  const outputs = Promise.all([copyOut(ends.stdout, commandChannels.stdout, peer), copyOut(ends.stderr, commandChannels.stderr, peer)]);
  const incoming = (async () => {
    for await (const frame of peer.incoming) {
      if (frame.channel === commandChannels.stdin) await write(ends.stdin, frame.data);
      else if (frame.channel === commandChannels.resize && frame.data !== null) resize(ends, frame.data);
      if (over) break;
    }
    if (!over) peerGone();
  })();
  incoming.catch(() => peerGone());
  await outputs.catch(() => peerGone());
  over = true;
}

async function copyOut(from: Readable | null, channel: number, peer: StreamSession): Promise<void> {
  if (from === null) return;
  for await (const data of from) await peer.send({ channel, data: data as Uint8Array });
}

async function write(to: Writable | null, data: Uint8Array | null): Promise<void> {
  if (to === null) return;
  if (data === null) to.end();
  else await writeAll(to, data);
}

function resize(ends: SessionEnds, data: Uint8Array): void {
  try {
    const size = JSON.parse(Buffer.from(data).toString()) as { Width?: unknown; Height?: unknown };
    if (typeof size.Width === "number" && typeof size.Height === "number") ends.resize?.({ width: size.Width, height: size.Height });
  } catch {
    // Not a size: nothing to do.
  }
}

export async function sendExit(peer: StreamSession, exitCode: number): Promise<void> {
  await peer.send({ channel: commandChannels.error, data: exitStatus(exitCode) }).catch(() => undefined);
}

/** Resolves with the exit code once the process has ended; 128 + n for a signal. */
export function exitOf(child: ChildProcess, signalNumbers: Readonly<Record<string, number>>): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, name) => resolve(name === null ? (code ?? 0) : 128 + (signalNumbers[name] ?? 0)));
    child.once("error", () => resolve(127));
  });
}
