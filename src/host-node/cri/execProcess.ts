/**
 * Which process of this machine an exec has begun, and ending it: CRI says neither, and a runtime lets the command run on when its client has gone.
 * It is the new process in the container's mount namespace whose parent is outside. Left out: commands that somebody else's client (crictl) begins
 * in the same instant and container, and those whose first process ends within milliseconds and leaves others.
 */
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { type Clock, sleep } from "../../base/clock.ts";
import { type ProcessPlace, placeOf, sendSignal } from "../runtime/processes.ts";

/** Identifies a mount namespace. */
type Mounts = string;

/** So long is looked for a command's process: runtimes take some 50 ms, more on a busy machine. */
const findMs = 20_000;
/** ... and while the next one waits for its turn. */
const crowdedMs = 3000;
const lookMs = 15;
/** The runtime's own program, on its way into the container. */
const runtimeProgram = /(?:^|[/:])(?:runc|crun|youki)/;

export class ExecProcesses {
  readonly #clock: Clock;
  /** By mount namespace: execs of one container begin one after the other, or they couldn't be told apart. */
  readonly #turns = new Map<Mounts, Promise<void>>();
  readonly #waiting = new Map<Mounts, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * `session` begins a command in the container whose first process is `pid`, and tells in the end whether the command has ended. Where it hasn't, it is
   * ended here, with what it started. Resolves with the session.
   */
  async run(pid: number, session: () => Promise<boolean>): Promise<void> {
    const mounts = mountsOf(pid);
    if (mounts === undefined) return void (await session());
    const before = this.#turns.get(mounts);
    const over = new AbortController();
    this.#wait(mounts, 1);
    const begun = (before ?? Promise.resolve()).then(() => {
      this.#wait(mounts, -1);
      return this.#begin(mounts, session, over);
    });
    const turn = begun.then(({ found }) => found).then(ignored, ignored);
    this.#turns.set(mounts, turn);
    void turn.then(() => this.#turns.get(mounts) === turn && this.#turns.delete(mounts));
    const { ended, found } = await begun;
    if (await ended) return;
    const leader = await found;
    if (leader !== undefined) await this.#end(leader, mounts);
  }

  async #begin(mounts: Mounts, session: () => Promise<boolean>, over: AbortController): Promise<Begun> {
    const known = new Set(placesIn(mounts).map(identity));
    const ended = session();
    // A command that has ended need not be looked for any more; one that was left has to be.
    void ended.then((has) => has && over.abort(), ignored);
    return { ended, found: this.#find(mounts, known, over.signal) };
  }

  #wait(mounts: Mounts, change: 1 | -1): void {
    const count = (this.#waiting.get(mounts) ?? 0) + change;
    if (count === 0) this.#waiting.delete(mounts);
    else this.#waiting.set(mounts, count);
  }

  async #find(mounts: Mounts, known: ReadonlySet<string>, signal: AbortSignal): Promise<ProcessPlace | undefined> {
    const since = this.#clock.now();
    while (!signal.aborted && this.#clock.now() - since < (this.#waiting.has(mounts) ? crowdedMs : findMs)) {
      const begun = placesIn(mounts).filter((place) => !known.has(identity(place)) && isCommand(place, mounts));
      // Commands of probes come into the container, too, but later; numbers tell nothing of that, as they begin again at the machine's highest.
      const [leader] = begun.toSorted((a, b) => a.startTicks - b.startTicks);
      if (leader !== undefined) return leader;
      await sleep(this.#clock, lookMs, signal).catch(ignored);
    }
    return undefined;
  }

  /** Resolves when they are gone. */
  async #end(leader: ProcessPlace, mounts: Mounts): Promise<void> {
    const ended = endCommand(leader, mounts);
    const since = this.#clock.now();
    while (ended.some((pid) => mountsOf(pid) === mounts) && this.#clock.now() - since < crowdedMs) await sleep(this.#clock, lookMs);
  }
}

interface Begun {
  readonly ended: Promise<boolean>;
  readonly found: Promise<ProcessPlace | undefined>;
}

function ignored(): void {
  // Told elsewhere.
}

function processes(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function mountsOf(pid: number): Mounts | undefined {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/ns/mnt`);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function placesIn(mounts: Mounts): readonly ProcessPlace[] {
  return processes()
    .filter((pid) => mountsOf(pid) === mounts)
    .flatMap((pid) => placeOf(pid) ?? []);
}

/** Tells a process from a later one with its number. */
function identity({ pid, startTicks }: ProcessPlace): string {
  return `${pid} ${startTicks}`;
}

function isCommand({ pid, parent }: ProcessPlace, mounts: Mounts): boolean {
  if (mountsOf(parent) === mounts) return false;
  try {
    return !runtimeProgram.test(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false;
  }
}

/** Its whole session, and what stands below it: all are held still first, so that none makes another meanwhile. */
function endCommand(leader: ProcessPlace, mounts: Mounts): readonly number[] {
  const now = placeOf(leader.pid);
  // The number is another's by now: nothing of the command is left.
  if (now !== undefined && now.startTicks !== leader.startTicks) return [];
  const held = new Set<number>();
  for (;;) {
    const more = membersOf(leader, mounts, held).filter((pid) => !held.has(pid));
    if (more.length === 0) break;
    for (const pid of more) {
      held.add(pid);
      sendSignal(pid, "SIGSTOP");
    }
  }
  for (const pid of held) sendSignal(pid, "SIGKILL");
  return [...held];
}

function membersOf({ pid: leader, session }: ProcessPlace, mounts: Mounts, held: ReadonlySet<number>): readonly number[] {
  return processes().filter((pid) => {
    if (mountsOf(pid) !== mounts) return false;
    const place = placeOf(pid);
    if (place === undefined) return false;
    return pid === leader || held.has(place.parent) || (session === leader && place.session === leader);
  });
}
