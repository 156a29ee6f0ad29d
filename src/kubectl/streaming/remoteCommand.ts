/**
 * One session of exec or attach: what is read goes in, what comes out is written, and the end's Status becomes ours. Over a WebSocket of
 * protocol v5, or whatever else the host opens. Upstream: client-go/tools/remotecommand/{websocket,v5}.go
 */
import { commandChannels } from "../../machinery/streamChannels.ts";
import type { Api, Call } from "../api.ts";
import { ExitError, KubectlError } from "../errors.ts";
import type { ClientSession, TerminalSize } from "../host.ts";
import { throwRemoteFailure } from "./remoteStatus.ts";

const protocol = "v5.channel.k8s.io";
/** As large as upstream's pieces; some servers have buffers of that size. */
const maxPieceBytes = 32 * 1024;

export interface RemoteEnds {
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Resolves when there is room for more. */
  stdout(data: Uint8Array): Promise<void>;
  stderr(data: Uint8Array): Promise<void>;
  /** Calls back with the terminal's size, at once and on each change. */
  watchSize?: ((tell: (size: TerminalSize) => void) => Disposable) | undefined;
}

/** Resolves when the command has succeeded. Throws ExitError with its exit code. Aborting `signal` ends the session. */
export async function remoteCommand(api: Api, call: Call, ends: RemoteEnds, signal: AbortSignal): Promise<void> {
  const session = await api.upgrade(call, [protocol]);
  const stop = (): void => session.close();
  signal.addEventListener("abort", stop);
  const tellSize = ({ columns, rows }: TerminalSize): void => {
    const data = new TextEncoder().encode(`${JSON.stringify({ Width: columns, Height: rows })}\n`);
    session.send({ channel: commandChannels.resize, data }).catch(ignore);
  };
  using _sizes = ends.watchSize?.(tellSize);
  if (ends.stdin !== undefined) copyIn(session, ends.stdin).catch(ignore);
  try {
    const status = await copyOut(session, ends);
    if (signal.aborted) throw new ExitError(130);
    const problem = session.problem();
    if (status === "" && problem !== undefined) throw new KubectlError(`error reading from error stream: next reader: ${problem}`);
    if (status !== "") throwRemoteFailure(status);
  } finally {
    signal.removeEventListener("abort", stop);
    session.close();
  }
}

async function copyIn(session: ClientSession, from: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const data of from)
      for (let at = 0; at < data.byteLength; at += maxPieceBytes)
        await session.send({ channel: commandChannels.stdin, data: data.subarray(at, at + maxPieceBytes) });
  } finally {
    await session.send({ channel: commandChannels.stdin, data: null });
  }
}

/** The text of the error channel. */
async function copyOut(session: ClientSession, ends: RemoteEnds): Promise<string> {
  const decoder = new TextDecoder();
  let status = "";
  for await (const { channel, data } of session.incoming) {
    if (data === null || data.byteLength === 0) continue;
    if (channel === commandChannels.stdout) await ends.stdout(data);
    else if (channel === commandChannels.stderr) await ends.stderr(data);
    else if (channel === commandChannels.error) status += decoder.decode(data, { stream: true });
  }
  return status;
}

/** A server that has gone is noticed where we read. */
function ignore(): void {}
