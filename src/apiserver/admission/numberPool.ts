/**
 * Unique numbers out of a range: addresses as offsets, node ports. A low band is left for numbers that users choose themselves and only
 * drawn from when the rest is gone.
 * Upstream: pkg/registry/core/service/ipallocator, pkg/registry/core/service/portallocator
 */
import type { Rng } from "../../base/rng.ts";
import { below } from "../../base/rng.ts";

/** Random tries before the range is searched from a random start. */
const randomTries = 32;

export class NumberPool {
  readonly first: number;
  readonly last: number;
  private readonly dynamicFrom: number;
  private readonly rng: Rng;
  /** How many objects hold a number; the cache says so. */
  private readonly held = new Map<number, number>();
  /** Given to a write that is under way. */
  private readonly promised = new Set<number>();

  constructor(range: { readonly first: number; readonly last: number; readonly staticBand: number }, rng: Rng) {
    this.first = range.first;
    this.last = range.last;
    this.dynamicFrom = Math.min(range.last, range.first + range.staticBand);
    this.rng = rng;
  }

  contains(number: number): boolean {
    return number >= this.first && number <= this.last;
  }

  /** False when somebody has it. */
  take(number: number): boolean {
    if (this.held.has(number) || this.promised.has(number)) return false;
    this.promised.add(number);
    return true;
  }

  /** Undefined when the range is full. */
  takeAny(): number | undefined {
    return this.takeBetween(this.dynamicFrom, this.last) ?? this.takeBetween(this.first, this.dynamicFrom - 1);
  }

  /** The write failed. */
  giveBack(number: number): void {
    this.promised.delete(number);
  }

  /** An object that holds it appeared in the cache. */
  hold(number: number): void {
    this.promised.delete(number);
    this.held.set(number, (this.held.get(number) ?? 0) + 1);
  }

  /** An object that held it is gone from the cache. */
  release(number: number): void {
    const left = (this.held.get(number) ?? 0) - 1;
    if (left > 0) this.held.set(number, left);
    else this.held.delete(number);
  }

  /** The cache begins anew and will say again who holds what. */
  forgetHolders(): void {
    this.held.clear();
  }

  private takeBetween(from: number, to: number): number | undefined {
    const size = to - from + 1;
    if (size <= 0) return undefined;
    for (let tries = 0; tries < randomTries; tries += 1) {
      const number = from + below(this.rng, size);
      if (this.take(number)) return number;
    }
    const start = below(this.rng, size);
    for (let step = 0; step < size; step += 1) {
      const number = from + ((start + step) % size);
      if (this.take(number)) return number;
    }
    return undefined;
  }
}
