/** A store in memory: for tests, simulations and a browser tab. Works in promise jobs only, without timers, so a run repeats exactly. */
import { createEngine, type EngineOptions } from "./engine.ts";
import type { Medium } from "./medium.ts";
import type { Store } from "./store.ts";
import { Versions } from "./versions.ts";

/** Values stay with their versions, so there is nothing to write or read back. */
const memory: Medium = {
  commit: () => Promise.resolve(),
  read: () => undefined,
  gather: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

export function memoryStore(options: Pick<EngineOptions, "historyBytes" | "historyChanges"> = {}): Store {
  return createEngine(new Versions(1), memory, { ...options, cachedBytes: Infinity });
}
