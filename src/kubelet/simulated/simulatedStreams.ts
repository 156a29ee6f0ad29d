/** Exec, attach and logs of simulated containers: scripted answers. Left out: port-forward, since nothing listens. */
import type { StreamSession } from "../../machinery/http.ts";
import { internalError } from "../../machinery/status.ts";
import { commandChannels, exitStatus } from "../../machinery/streamChannels.ts";
import type { ExecOptions, LogLine, LogOptions, Streams } from "../ports/runtime.ts";
import { probeOutcome } from "./simulatedDialer.ts";
import type { SimulatedContainer } from "./simulatedContainer.ts";

const encoder = new TextEncoder();

interface Answer {
  readonly exitCode: number;
  readonly output: string;
}

/** Lines `COMMAND => [exit N: ]OUTPUT`; a command without a line prints itself. */
export function execAnswer(script: string, command: readonly string[]): Answer {
  const asked = command.join(" ");
  for (const line of script.split("\n")) {
    const at = line.indexOf("=>");
    if (at < 0 || line.slice(0, at).trim() !== asked) continue;
    const match = /^(?:exit (\d+)(?::\s*|$))?(.*)$/.exec(line.slice(at + 2).trim());
    const output = match?.[2] ?? "";
    return { exitCode: Number(match?.[1] ?? 0), output: output === "" ? "" : `${output}\n` };
  }
  return { exitCode: 0, output: `${asked}\n` };
}

export function simulatedStreams(find: (containerId: string) => SimulatedContainer, now: () => number): Streams {
  const running = (id: string): SimulatedContainer => {
    const container = find(id);
    if (container.status.state !== "running") throw internalError(`container ${container.config.name} is not running`);
    return container;
  };
  return {
    logs: (containerId: string, options: LogOptions): AsyncIterable<LogLine> => find(containerId).log.read(options),
    async execSync(containerId, command) {
      const container = running(containerId);
      const probed = probeOutcome(container, ["exec"], now());
      const scripted = execAnswer(container.script.exec, command);
      const failed = probed !== undefined && probed !== "ok" && probed !== "0";
      const exitCode = failed ? Number(/^\d+$/.test(probed) ? probed : 1) : scripted.exitCode;
      const output = { stdout: encoder.encode(scripted.output), stderr: new Uint8Array(0) };
      return await Promise.resolve({ exitCode, ...output, timedOut: probed === "timeout" });
    },
    async exec(containerId: string, options: ExecOptions, peer: StreamSession) {
      const { exitCode, output } = execAnswer(running(containerId).script.exec, options.command);
      if (options.stdout && output !== "") await peer.send({ channel: commandChannels.stdout, data: encoder.encode(output) });
      await peer.send({ channel: commandChannels.error, data: exitStatus(exitCode) });
      peer.close();
    },
    async attach(containerId, _options, peer) {
      for await (const line of running(containerId).log.read({ follow: true }))
        await peer.send({ channel: commandChannels.stdout, data: line.text });
      await peer.send({ channel: commandChannels.error, data: exitStatus(0) });
      peer.close();
    },
    portForward() {
      return Promise.reject(internalError("a simulated pod listens on no port"));
    },
  };
}
