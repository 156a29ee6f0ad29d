/** The Host of a Node process: wall clock, real randomness, and a log of one JSON object a line on standard error. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Log, LogFields } from "../base/log.ts";
import type { Host } from "../host/host.ts";

/** Longest delay that setTimeout takes. */
const maxDelayMs = 2 ** 31 - 1;

export const wallClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(0, delayMs), maxDelayMs));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

const levels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof levels)[number];

function jsonLog(least: LogLevel): Log {
  const from = levels.indexOf(least);
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (levels.indexOf(level) >= from)
        process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

export function nodeHost(logLevel: LogLevel = "info"): Host {
  return { clock: wallClock, rng: { next: () => Math.random() }, uids: { next: () => randomUUID() }, log: jsonLog(logLevel) };
}
