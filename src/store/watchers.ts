/**
 * Watches as cursors on the log: nothing is queued for a watcher, a slow one holds nothing back and only fails (CompactedError) when the history
 * that it has not read yet is compacted away. Waiting ones are grouped by prefix, so that a change is looked at once per prefix.
 */
import { type Change, CompactedError } from "./store.ts";
import type { Version, Versions } from "./versions.ts";

const maxBatchChanges = 500;

interface Waiter {
  /** Called with the revision before the first change of the prefix, or undefined when it is over. */
  readonly wake: (cursor: number | undefined) => void;
}

export class Watchers {
  private readonly versions: Versions;
  private readonly changeOf: (version: Version) => Change;
  private readonly waiting = new Map<string, Set<Waiter>>();
  private closed = false;

  constructor(versions: Versions, changeOf: (version: Version) => Change) {
    this.versions = versions;
    this.changeOf = changeOf;
  }

  async *watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncGenerator<readonly Change[], void, undefined> {
    let cursor: number | undefined = afterRevision;
    while (cursor !== undefined && !signal.aborted && !this.closed) {
      if (cursor < this.versions.compacted) throw new CompactedError(this.versions.compacted);
      if (cursor >= this.versions.current) {
        cursor = await this.wait(prefix, cursor, signal);
        continue;
      }
      const changes: Change[] = [];
      cursor = this.collect(prefix, cursor, changes);
      if (changes.length > 0) yield changes;
    }
  }

  /** Tells the waiting ones about the versions after `before`. */
  wake(before: number): void {
    for (const [prefix, waiters] of this.waiting) {
      const first = this.firstOf(prefix, before);
      if (first === undefined) continue;
      this.waiting.delete(prefix);
      for (const waiter of waiters) waiter.wake(first - 1);
    }
  }

  close(): void {
    this.closed = true;
    for (const waiters of this.waiting.values()) for (const waiter of waiters) waiter.wake(undefined);
    this.waiting.clear();
  }

  private firstOf(prefix: string, before: number): number | undefined {
    for (let at = before + 1; at <= this.versions.current; at += 1) {
      if (at > this.versions.compacted && this.versions.logged(at).key.startsWith(prefix)) return at;
    }
    return undefined;
  }

  private collect(prefix: string, after: number, into: Change[]): number {
    let at = after;
    while (at < this.versions.current && into.length < maxBatchChanges) {
      const version = this.versions.logged(++at);
      if (version.key.startsWith(prefix)) into.push(this.changeOf(version));
    }
    return at;
  }

  private wait(prefix: string, cursor: number, signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve) => {
      const waiters = this.waiting.get(prefix) ?? new Set();
      this.waiting.set(prefix, waiters);
      const waiter: Waiter = {
        wake: (next) => {
          signal.removeEventListener("abort", onAbort);
          resolve(next === undefined ? undefined : Math.max(next, cursor));
        },
      };
      const onAbort = (): void => {
        waiters.delete(waiter);
        if (waiters.size === 0 && this.waiting.get(prefix) === waiters) this.waiting.delete(prefix);
        resolve(undefined);
      };
      waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
