/**
 * How a simulated pod behaves, read from its annotations; what they don't say comes from the node's profile.
 *
 * All keys begin with `simulate.coxswain.dev/`. Those marked * may end in `.CONTAINER` to mean one container only. Durations are Go's (`1m30s`).
 *
 * | key | value | meaning |
 * |---|---|---|
 * | `sandbox-delay` | duration | until the pod has its address |
 * | `sandbox-failures` | number | so many sandboxes fail first |
 * | `pull-delay` | duration | of each pull that is needed |
 * | `pull-failures` | number or `forever` | so many pulls fail first |
 * | `pull-error` | text | what failed pulls say |
 * | `start-delay` * | duration | between create and running |
 * | `start-error` * | `CODE: text` | every start fails like that |
 * | `run-for` * | duration | the container ends by itself after that |
 * | `exit-code` * | number | with which it then ends (default 0) |
 * | `crashes` * | number | `run-for` counts for the first so many attempts only; later ones run on |
 * | `oom-after` * | duration | it is OOM-killed after that |
 * | `stop-delay` * | duration | between the stop signal and the exit; longer than the grace means 137 |
 * | `stop-exit-code` * | number | of a graceful stop (default 0) |
 * | `ready-after` * | duration | probes of any sort fail until then |
 * | `probes` * | script | outcomes over time, see probeScript.ts |
 * | `logs` * | text | written at the start, line by line |
 * | `log-every` * | duration | a numbered line again and again |
 * | `exec` * | lines `COMMAND => [exit N: ]OUTPUT` | what exec prints (default: the command itself) |
 * | `cpu`, `memory` * | quantities | what the statistics show (default: half of what is requested) |
 */
import { parseQuantity } from "../../machinery/quantity.ts";
import { parseGoDuration } from "../../machinery/time.ts";
import { parseProbeScript, type ProbeScript } from "./probeScript.ts";

const prefix = "simulate.coxswain.dev/";

/** What pods do that say nothing themselves. */
export interface Profile {
  readonly sandboxDelayMs: number;
  readonly pullDelayMs: number;
  readonly startDelayMs: number;
  readonly stopDelayMs: number;
  readonly readyAfterMs: number;
  /** Share by which each delay varies, from 0 to 1. */
  readonly jitter: number;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

export const promptProfile: Profile = {
  sandboxDelayMs: 0,
  pullDelayMs: 0,
  startDelayMs: 0,
  stopDelayMs: 0,
  readyAfterMs: 0,
  jitter: 0,
  cpuMillis: 1,
  memoryBytes: 20 * 1024 * 1024,
};

export interface ContainerScript {
  readonly pullDelayMs: number;
  readonly pullFailures: number;
  readonly pullError: string;
  readonly startDelayMs: number;
  readonly startError: { readonly exitCode: number; readonly message: string } | undefined;
  readonly runForMs: number | undefined;
  readonly exitCode: number;
  readonly crashes: number;
  readonly oomAfterMs: number | undefined;
  readonly stopDelayMs: number;
  readonly stopExitCode: number;
  readonly readyAfterMs: number;
  readonly probes: ProbeScript;
  readonly logs: readonly string[];
  readonly logEveryMs: number | undefined;
  readonly exec: string;
  /** Undefined: as modelled. */
  readonly cpuMillis: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly idle: { readonly cpuMillis: number; readonly memoryBytes: number };
}

export type Annotations = Readonly<Record<string, string>>;

/** An annotation that can't be read; its message names the key. */
class ScriptError extends Error {
  override readonly name = "ScriptError";
}

class Reader {
  private readonly annotations: Annotations;
  private readonly container: string;

  constructor(annotations: Annotations, container: string) {
    this.annotations = annotations;
    this.container = container;
  }

  text(key: string): string | undefined {
    return this.annotations[`${prefix}${key}.${this.container}`] ?? this.annotations[`${prefix}${key}`];
  }

  duration(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const ms = parseGoDuration(text);
    if (ms === undefined || ms < 0) throw new ScriptError(`annotation ${prefix}${key}: "${text}" is no duration such as 1m30s`);
    return ms;
  }

  count(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    if (text === "forever") return Infinity;
    if (!/^\d+$/.test(text)) throw new ScriptError(`annotation ${prefix}${key}: "${text}" is no number`);
    return Number(text);
  }

  durationOr(key: string, otherwiseMs: number): number {
    return this.duration(key) ?? otherwiseMs;
  }

  countOr(key: string, otherwise: number): number {
    return this.count(key) ?? otherwise;
  }

  textOr(key: string, otherwise: string): string {
    return this.text(key) ?? otherwise;
  }

  startError(): ContainerScript["startError"] {
    const text = this.text("start-error");
    if (text === undefined) return undefined;
    const match = /^(\d+):\s*(.*)$/.exec(text);
    return match === null ? { exitCode: 128, message: text } : { exitCode: Number(match[1]), message: match[2] ?? "" };
  }
}

/** Throws ScriptError. */
export function containerScript(annotations: Annotations, container: string, profile: Profile): ContainerScript {
  const read = new Reader(annotations, container);
  const logs = read.textOr("logs", "");
  const cpu = read.text("cpu");
  const memory = read.text("memory");
  return {
    pullDelayMs: read.durationOr("pull-delay", profile.pullDelayMs),
    pullFailures: read.countOr("pull-failures", 0),
    pullError: read.textOr("pull-error", "the simulated registry says no"),
    startDelayMs: read.durationOr("start-delay", profile.startDelayMs),
    startError: read.startError(),
    runForMs: read.duration("run-for"),
    exitCode: read.countOr("exit-code", 0),
    crashes: read.countOr("crashes", Infinity),
    oomAfterMs: read.duration("oom-after"),
    stopDelayMs: read.durationOr("stop-delay", profile.stopDelayMs),
    stopExitCode: read.countOr("stop-exit-code", 0),
    readyAfterMs: read.durationOr("ready-after", profile.readyAfterMs),
    probes: parseProbeScript(read.textOr("probes", "")),
    logs: logs === "" ? [] : logs.replace(/\n$/, "").split("\n"),
    logEveryMs: read.duration("log-every"),
    exec: read.textOr("exec", ""),
    cpuMillis: cpu === undefined ? undefined : parseQuantity(cpu).milliValue(),
    memoryBytes: memory === undefined ? undefined : parseQuantity(memory).value(),
    idle: { cpuMillis: profile.cpuMillis, memoryBytes: profile.memoryBytes },
  };
}

export interface SandboxScript {
  readonly delayMs: number;
  readonly failures: number;
}

/** Throws ScriptError. */
export function sandboxScript(annotations: Annotations, profile: Profile): SandboxScript {
  const read = new Reader(annotations, "");
  return { delayMs: read.durationOr("sandbox-delay", profile.sandboxDelayMs), failures: read.countOr("sandbox-failures", 0) };
}
