/** Where a store's bytes live. The engine decides what is written and in which order; a medium makes it durable and finds it again. */
import type { Version } from "./versions.ts";

export interface Batch {
  /** New versions in revision order, each with its value unless deleted. */
  readonly versions: readonly Version[];
  /** Revisions whose records are no longer needed. */
  readonly forget: readonly number[];
  /** The compacted revision that holds once this batch is in. */
  readonly compacted: number;
}

export interface Medium extends AsyncDisposable {
  /** Makes all of the batch durable, or none of it and throws. One at a time. */
  commit(batch: Batch): Promise<void>;
  /** The value that a revision wrote; undefined when it was forgotten. */
  read(revision: number): Uint8Array | undefined;
  /** Lets writers that were just answered queue their next write, so that one commit takes them all. */
  gather(): Promise<void>;
}
