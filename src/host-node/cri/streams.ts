/** Logs, exec, attach and port-forward on a CRI runtime: logs are files of its, everything else goes through its streaming server. */
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { withoutBrackets } from "../../base/urlHost.ts";
import type { ExecOptions, LogLine, LogOptions, Streams } from "../../kubelet/ports/runtime.ts";
import type { StreamSession } from "../../machinery/http.ts";
import { commandChannels } from "../../machinery/streamChannels.ts";
import { readLog } from "../logs/readLog.ts";
import type { ByteLink } from "../spdy/byteLink.ts";
import { type ClientStream, runSession, upgrade } from "../spdy/client.ts";
import { portForwardProtocol } from "../spdy/portForward.ts";
import { remoteCommandProtocol } from "../spdy/remoteCommand.ts";
import { ContainerLog } from "./containerLog.ts";
import type { CriContainers } from "./containers.ts";
import { ExecProcesses } from "./execProcess.ts";
import { GrpcError, grpcCodes, type GrpcChannel } from "./grpc.ts";
import { attach, exec, execSync, portForward } from "./messages/streaming.ts";

export interface CriStreamsOptions {
  readonly channel: GrpcChannel;
  readonly containers: CriContainers;
  readonly clock: Clock;
  /** Connects to the streaming server, which listens on the machine's own network. */
  readonly dial: (host: string, port: number) => Promise<Socket>;
}

export class CriStreams implements Streams {
  readonly #options: CriStreamsOptions;
  readonly #processes: ExecProcesses;

  constructor(options: CriStreamsOptions) {
    this.#options = options;
    this.#processes = new ExecProcesses(options.clock);
  }

  async *logs(containerId: string, options: LogOptions): AsyncIterable<LogLine> {
    const { containers } = this.#options;
    let ended = false;
    let log: ContainerLog | undefined;
    // Before asking for the state: an exit in between must not be missed.
    using _exit = containers.onEvent((event) => {
      if (event.containerId !== containerId || event.type !== "exited") return;
      ended = true;
      log?.end();
    });
    const found = await containers.log(containerId);
    if (found === undefined) throw new Error(`no container ${containerId}`);
    log = new ContainerLog(found.path, ended || !found.running);
    yield* readLog(log, options);
  }

  async execSync(
    containerId: string,
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ exitCode: number; stdout: Uint8Array; stderr: Uint8Array; timedOut: boolean }> {
    try {
      const timeout = Math.ceil(timeoutMs / 1000);
      const request = { container_id: containerId, cmd: command, timeout };
      // The runtime's own deadline comes first: it also ends the command.
      const answer = await this.#options.channel.call(execSync, request, { timeoutMs: timeoutMs === 0 ? 0 : timeout * 1000 + 5000 });
      return { exitCode: answer.exit_code, stdout: answer.stdout, stderr: answer.stderr, timedOut: false };
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code !== grpcCodes.deadlineExceeded) throw error;
      return { exitCode: -1, stdout: new Uint8Array(), stderr: Buffer.from(error.description), timedOut: true };
    }
  }

  async exec(containerId: string, options: ExecOptions, peer: StreamSession): Promise<void> {
    const { stdin, stdout, stderr, tty, command } = options;
    const request = { container_id: containerId, cmd: command, tty, stdin, stdout, stderr: stderr && !tty };
    const [{ url }, pid] = await Promise.all([this.#options.channel.call(exec, request), this.#options.containers.pid(containerId)]);
    const link = await this.#link(url, remoteCommandProtocol);
    await this.#processes.run(pid, () => runSession(link, remoteCommandStreams(options), peer));
  }

  async attach(containerId: string, options: Omit<ExecOptions, "command">, peer: StreamSession): Promise<void> {
    const { stdin, stdout, stderr, tty } = options;
    const request = { container_id: containerId, tty, stdin, stdout, stderr: stderr && !tty };
    const { url } = await this.#options.channel.call(attach, request);
    await runSession(await this.#link(url, remoteCommandProtocol), remoteCommandStreams(options), peer);
  }

  async portForward(sandboxId: string, port: number, peer: StreamSession): Promise<void> {
    const { url } = await this.#options.channel.call(portForward, { pod_sandbox_id: sandboxId, port: [port] });
    const headers = (type: string): ReadonlyMap<string, string> =>
      new Map([
        ["streamtype", type],
        ["port", String(port)],
        ["requestid", "0"],
      ]);
    const streams = [
      { channel: 1, headers: headers("error"), counts: true },
      { channel: 0, headers: headers("data"), counts: true, tellsEnd: true },
    ];
    await runSession(await this.#link(url, portForwardProtocol), streams, peer);
  }

  async #link(text: string, protocol: string): Promise<ByteLink> {
    const url = new URL(text);
    const socket = await this.#options.dial(withoutBrackets(url.hostname), Number(url.port || "80"));
    return await upgrade({ socket, url, protocol }).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
  }
}

/** The error stream tells how it went, when the others have ended. */
function remoteCommandStreams({ stdin, stdout, stderr, tty }: Omit<ExecOptions, "command">): readonly ClientStream[] {
  return [
    stream("error", commandChannels.error, true),
    ...(stdin ? [stream("stdin", commandChannels.stdin, false)] : []),
    ...(stdout ? [stream("stdout", commandChannels.stdout, true)] : []),
    ...(stderr && !tty ? [stream("stderr", commandChannels.stderr, true)] : []),
    ...(tty ? [stream("resize", commandChannels.resize, false)] : []),
  ];
}

function stream(type: string, channel: number, counts: boolean): ClientStream {
  return { channel, headers: new Map([["streamtype", type]]), counts };
}
