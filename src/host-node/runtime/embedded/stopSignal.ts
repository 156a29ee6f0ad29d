/**
 * Signals to process 1 of a container. The kernel drops there what the program has no handler for, which also hits a program that was about to set one up:
 * told to stop right after its start it would use up its whole grace. (Node is one: its first handler gives the signal back to the kernel.) So the
 * signal is sent again whenever a handler appears where there was none.
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Clock } from "../../../base/clock.ts";
import { sendSignal } from "../processes.ts";

const lookMs = 20;
/** As the C library counts them for programs. */
const firstRealTime = 34;
const lastRealTime = 64;

/** By name, with or without SIG, or by number; what this system doesn't know is SIGTERM. Upstream: moby/sys/signal */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  const base = realTime?.[1] === "MIN" ? firstRealTime : lastRealTime;
  const offset = Number(realTime?.[3] ?? 0) * (realTime?.[2] === "-" ? -1 : 1);
  const number =
    realTime === null ? (/^\d+$/.test(name) ? Number(name) : constants.signals[`SIG${name}` as NodeJS.Signals]) : base + offset;
  return number >= 1 && number <= lastRealTime ? number : constants.signals.SIGTERM;
}

/** Dispose it when the process has ended or is killed. */
export function requestStop(pid: number, signal: number, clock: Clock): Disposable {
  let timer: Disposable | undefined;
  let delivered = catches(pid, signal);
  sendSignal(pid, signal);
  const look = (): void => {
    const handled = catches(pid, signal);
    if (handled && !delivered) sendSignal(pid, signal);
    delivered = handled;
    timer = clock.after(lookMs, look);
  };
  timer = clock.after(lookMs, look);
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}

function catches(pid: number, signal: number): boolean {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
    return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return true;
  }
}
