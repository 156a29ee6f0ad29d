/**
 * Calls handlers with changes in order, one at a time, never from within another handler: what a handler sets off (a write that the cache sees at
 * once, another handler added) waits its turn. A handler that throws is logged and doesn't stop the others.
 */
import type { Log } from "../base/log.ts";
import type { CacheChange } from "./objectCache.ts";

export type ChangeHandler<T> = (object: T | undefined, previous: T | undefined) => void;

interface Registration<T> {
  readonly handler: ChangeHandler<T>;
  active: boolean;
}

export class ChangeDelivery<T> {
  private readonly log: Log;
  private readonly registrations = new Set<Registration<T>>();
  private pending: { readonly change: CacheChange<T>; readonly to: readonly Registration<T>[] }[] = [];
  private delivering = false;

  constructor(log: Log) {
    this.log = log;
  }

  /** The handler hears of the objects that are there already, then of what follows. */
  add(handler: ChangeHandler<T>, existing: readonly T[]): Disposable {
    const registration: Registration<T> = { handler, active: true };
    this.registrations.add(registration);
    for (const object of existing) this.pending.push({ change: { object, previous: undefined }, to: [registration] });
    this.deliver();
    return {
      [Symbol.dispose]: () => {
        registration.active = false;
        this.registrations.delete(registration);
      },
    };
  }

  send(changes: readonly CacheChange<T>[]): void {
    const to = [...this.registrations];
    if (to.length === 0) return;
    for (const change of changes) this.pending.push({ change, to });
    this.deliver();
  }

  private deliver(): void {
    if (this.delivering) return;
    this.delivering = true;
    while (this.pending.length > 0) {
      const batch = this.pending;
      this.pending = [];
      for (const { change, to } of batch) {
        for (const registration of to) this.call(registration, change);
      }
    }
    this.delivering = false;
  }

  private call(registration: Registration<T>, { object, previous }: CacheChange<T>): void {
    if (!registration.active) return;
    try {
      registration.handler(object, previous);
    } catch (error) {
      this.log.error("change handler failed", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
}
