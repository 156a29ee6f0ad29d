/**
 * Time that moves only when it is told to, for tests and simulations. Between two timers everything that promises can do is done, so a run is the same every time.
 * Left out: work that finishes outside the event loop's own turns (sockets, files, crypto threads); `hold` keeps time still for such a promise.
 */
import { assert } from "./assert.ts";
import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";

export interface VirtualClock extends Clock {
  /** Moves time forward by `ms`, firing what falls due in order: by time, then by when it was asked for. */
  advance(ms: number): Promise<void>;
  /**
   * Moves from timer to timer until the predicate holds (asked before the first and after each timer). Rejects when `limitMs` of virtual
   * time pass first, or when no timer is left that could change anything. Gives the virtual milliseconds that it took.
   */
  runUntil(predicate: () => boolean, limitMs: number): Promise<number>;
  /** Lets promises run until they are quiet; time stands still. */
  settle(): Promise<void>;
  /** Time does not move before this promise is settled. Gives the promise back. */
  hold<T>(promise: Promise<T>): Promise<T>;
  /** Timers that are set and not yet fired or disposed: a test's leak check. */
  readonly pendingTimers: number;
}

/** Event-loop turns without anything happening after which promises count as quiet. */
const quietTurns = 2;

interface Timer {
  readonly at: number;
  readonly sequence: number;
  fn: (() => void) | undefined;
}

export function virtualClock(startMs: number = Date.UTC(2026, 0, 1)): VirtualClock {
  return new HeapClock(startMs);
}

class HeapClock implements VirtualClock {
  private timeMs: number;
  private sequence = 0;
  private live = 0;
  private moving = false;
  private readonly held = new Set<Promise<unknown>>();
  private readonly timers = new Heap<Timer>((a, b) => (a.at === b.at ? a.sequence < b.sequence : a.at < b.at));

  constructor(startMs: number) {
    this.timeMs = startMs;
  }

  now(): number {
    return this.timeMs;
  }

  after(delayMs: number, fn: () => void): Disposable {
    const wait = Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0;
    this.sequence += 1;
    const timer: Timer = { at: this.timeMs + wait, sequence: this.sequence, fn };
    this.timers.push(timer);
    this.live += 1;
    return {
      [Symbol.dispose]: () => {
        if (timer.fn === undefined) return;
        timer.fn = undefined;
        this.live -= 1;
      },
    };
  }

  get pendingTimers(): number {
    return this.live;
  }

  hold<T>(promise: Promise<T>): Promise<T> {
    const settled = promise.then(
      () => undefined,
      () => undefined,
    );
    this.held.add(settled);
    void settled.then(() => this.held.delete(settled));
    return promise;
  }

  async settle(): Promise<void> {
    await this.exclusively((turns) => this.quiet(turns));
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.timeMs + ms;
    await this.exclusively(async (turns) => {
      await this.quiet(turns);
      while (this.fireNext(endMs)) await this.quiet(turns);
      this.timeMs = endMs;
    });
  }

  async runUntil(predicate: () => boolean, limitMs: number): Promise<number> {
    const startMs = this.timeMs;
    await this.exclusively(async (turns) => {
      await this.quiet(turns);
      while (!predicate()) {
        if (this.next() === undefined) throw new Error("the condition does not hold and no timer is left that could change it");
        if (!this.fireNext(startMs + limitMs)) throw new Error(`the condition did not come to hold within ${limitMs} ms of virtual time`);
        await this.quiet(turns);
      }
    });
    return this.timeMs - startMs;
  }

  /** The earliest timer that was not disposed. */
  private next(): Timer | undefined {
    for (;;) {
      const timer = this.timers.peek();
      if (timer === undefined || timer.fn !== undefined) return timer;
      this.timers.pop();
    }
  }

  private fireNext(endMs: number): boolean {
    const timer = this.next();
    if (timer?.fn === undefined || timer.at > endMs) return false;
    this.timers.pop();
    this.timeMs = Math.max(this.timeMs, timer.at);
    const fn = timer.fn;
    timer.fn = undefined;
    this.live -= 1;
    fn();
    return true;
  }

  private async quiet(turns: Turns): Promise<void> {
    for (let i = 0; i < quietTurns; i += 1) await turns.next();
    while (this.held.size > 0) {
      await Promise.race(this.held);
      await turns.next();
    }
  }

  private async exclusively(work: (turns: Turns) => Promise<void>): Promise<void> {
    assert(!this.moving, "only one caller moves a virtual clock at a time");
    this.moving = true;
    const turns = new Turns();
    try {
      await work(turns);
    } finally {
      turns.close();
      this.moving = false;
    }
  }
}

/** Whole turns of the event loop, in any host: a message to oneself arrives after all promise jobs are done. */
class Turns {
  private readonly channel = new MessageChannel();
  private arrived: (() => void) | undefined;

  constructor() {
    this.channel.port1.addEventListener("message", () => this.arrived?.());
    this.channel.port1.start();
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.arrived = resolve;
      this.channel.port2.postMessage(undefined);
    });
  }

  close(): void {
    this.channel.port1.close();
    this.channel.port2.close();
  }
}
