import type { Key } from "../../client/client.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";

/** What one pass over one key decided about the next pass. */
export interface Outcome {
  readonly requeueAfterMs?: number | undefined;
  /** The next pass comes no sooner than this, whatever happens: for passes that cost more the more there is, so that many changes share one. */
  readonly restMs?: number | undefined;
}

/** Retrying cannot help: record it, wait for the object to change. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

/** What wakes a controller, as data. */
export interface Watch {
  readonly kind: KindRef;
  /** `self`: the object's own key; `controllerOwner`: its controlling owner's; a function: whatever keys it names. */
  readonly via: "self" | "controllerOwner" | ((object: KubeObject, previous: KubeObject | undefined) => readonly Key[]);
}

export interface Controller {
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Keys worked on at the same time; default 5. */
  readonly workers?: number;
  /** Level-triggered: reads the world, moves it one step closer, may run at any time. */
  reconcile(key: Key, signal: AbortSignal): Promise<Outcome>;
}
