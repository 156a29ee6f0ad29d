/** What /proc tells about processes, and ending them. */
import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Clock, sleep } from "../../base/clock.ts";

/** Ends a child that was started `detached`, with everything in its group. */
export function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

/**
 * The mount namespace of the process whose pid a file has, held so that no other one gets its number. `end` ends all processes in it and lets go.
 * Undefined when the process is gone.
 */
export function openMounts(pidFile: string): { end(): void } | undefined {
  let held: number;
  try {
    held = openSync(`/proc/${Number(readFileSync(pidFile, "utf8"))}/ns/mnt`, "r");
  } catch {
    return undefined;
  }
  return {
    end() {
      const { dev, ino } = fstatSync(held);
      for (const name of readdirSync("/proc")) {
        if (/^\d+$/.test(name)) endIfIn(Number(name), { dev, ino });
      }
      closeSync(held);
    },
  };
}

function endIfIn(pid: number, mounts: { readonly dev: number; readonly ino: number }): void {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/ns/mnt`);
    if (dev === mounts.dev && ino === mounts.ino) process.kill(pid, "SIGKILL");
  } catch {
    // Gone, or not ours to see.
  }
}

/** 0 when the process is gone. */
export function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Where a process stands among the others. */
export interface ProcessPlace {
  readonly pid: number;
  readonly parent: number;
  /** The process that leads its session. */
  readonly session: number;
  /** Tells it from another that gets its number later. */
  readonly startTicks: number;
}

/** Undefined when the process is gone. */
export function placeOf(pid: number): ProcessPlace | undefined {
  try {
    const fields = statOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return { pid, parent: fields[1] ?? 0, session: fields[3] ?? 0, startTicks: fields[19] ?? 0 };
  } catch {
    return undefined;
  }
}

const endMs = 10_000;
const lookMs = 5;

/** Kills a process that need not be a child of this one, and resolves when it has ended: then its ports are free. Gives up after ten seconds. */
export async function endProcess(place: ProcessPlace, clock: Clock): Promise<void> {
  const since = clock.now();
  while (isAlive(place) && clock.now() - since < endMs) {
    sendSignal(place.pid, "SIGKILL");
    await sleep(clock, lookMs);
  }
}

function isAlive({ pid, startTicks }: ProcessPlace): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const isZombie = /^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
    return !isZombie && statOf(stat)[19] === startTicks;
  } catch {
    return false;
  }
}

/** 0 is nobody. */
export function sendSignal(pid: number, signal: number | NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}

/** The fields after the name, which stands in brackets and may hold spaces itself. */
function statOf(text: string): readonly number[] {
  return text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
}

/** `pid` and all below it. */
export function treeOf(pid: number): readonly number[] {
  const all = [pid];
  for (let i = 0; i < all.length; i += 1) {
    const tasks = tasksOf(all[i] ?? 0);
    for (const task of tasks) all.push(...task);
  }
  return all;
}

/** Children hang on the thread that started them. */
function tasksOf(pid: number): readonly (readonly number[])[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

const nanosPerTick = 1e9 / 100;
const pageBytes = 4096;

/** Processor time (with that of children that ended) and resident memory; undefined when the process is gone. */
export async function usageOf(pid: number): Promise<{ readonly cpuNanos: number; readonly memoryBytes: number } | undefined> {
  try {
    const fields = statOf(await readFile(`/proc/${pid}/stat`, "latin1"));
    const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + (fields[i] ?? 0), 0);
    // The kernel adds up pages in batches: a process that has just started can show none.
    return { cpuNanos: ticks * nanosPerTick, memoryBytes: Math.max(1, fields[21] ?? 0) * pageBytes };
  } catch {
    return undefined;
  }
}
