/** Randomness as a dependency: a host gives a real one, a simulation a seeded one. */
export interface Rng {
  /** A float in [0, 1). */
  next(): number;
}

/** An integer in [0, below). */
export function below(rng: Rng, bound: number): number {
  return Math.floor(rng.next() * bound);
}

/** Ids as a dependency. */
export interface Uids {
  /** A fresh RFC 4122 UUID in lower case. */
  next(): string;
}

/** Letters that upstream's generated names use: no vowels, no easily confused digits. */
const nameLetters = "bcdfghjklmnpqrstvwxz2456789";

/** A random suffix as in `web-7d4b9c6f5-x2xkp`. */
export function nameSuffix(rng: Rng, length = 5): string {
  let text = "";
  for (let i = 0; i < length; i += 1) text += nameLetters[below(rng, nameLetters.length)];
  return text;
}

/** A deterministic generator (mulberry32): the same seed gives the same sequence. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}

/** UUIDs out of an Rng, for hosts without a better source and for simulations. */
export function uidsFrom(rng: Rng): Uids {
  const hex = (digits: number): string => {
    let text = "";
    for (let i = 0; i < digits; i += 1) text += below(rng, 16).toString(16);
    return text;
  };
  return { next: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[below(rng, 4)]}${hex(3)}-${hex(12)}` };
}
