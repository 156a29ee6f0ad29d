/**
 * Signals to process 1 of a container. The kernel drops there what the program has no handler for, which also hits a program that was about to set one up:
 * told to stop right after its start it would use up its whole grace. (Node is one: its first handler gives the signal back to the kernel.) So the
 * signal is sent again whenever a handler appears where there was none.
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Clock } from "../../../base/clock.ts";

const lookMs = 20;

/** Dispose it when the process has ended or is killed. */
export function requestStop(pid: number, name: NodeJS.Signals, clock: Clock): Disposable {
  let timer: Disposable | undefined;
  let delivered = catches(pid, constants.signals[name]);
  sendSignal(pid, name);
  const look = (): void => {
    const handled = catches(pid, constants.signals[name]);
    if (handled && !delivered) sendSignal(pid, name);
    delivered = handled;
    timer = clock.after(lookMs, look);
  };
  timer = clock.after(lookMs, look);
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}

export function sendSignal(pid: number, name: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, name);
  } catch {
    // Already gone.
  }
}

function catches(pid: number, signal: number): boolean {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
    return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return true;
  }
}
