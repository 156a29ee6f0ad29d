/** One object as the cache holds it: stored bytes and, decoded on first use, the object. Shared by all readers: never mutate. */
import type { KubeObject } from "../../machinery/kind.ts";
import type { ObjectCodec } from "./codec.ts";

/** What an answer is made of: an object and its JSON. */
export interface ObjectView {
  readonly object: KubeObject;
  /** The object's whole JSON, with kind and apiVersion. */
  json(): Uint8Array;
}

/** Objects whose bytes were made in this process; spares the cache the decoding when the store hands the same array back. */
const decodedHere = new WeakMap<Uint8Array, KubeObject>();

/** The object must not change any more, but for its resourceVersion once the store gave one. */
export function rememberDecoded(bytes: Uint8Array, object: KubeObject): void {
  decodedHere.set(bytes, object);
}

export class Stored implements ObjectView {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly revision: number;
  readonly codec: ObjectCodec;
  private decoded: KubeObject | undefined;

  constructor(codec: ObjectCodec, key: string, bytes: Uint8Array, revision: number) {
    this.codec = codec;
    this.key = key;
    this.bytes = bytes;
    this.revision = revision;
  }

  get object(): KubeObject {
    if (this.decoded !== undefined) return this.decoded;
    const made = decodedHere.get(this.bytes);
    // The remembered object belongs to the write's own revision; a deletion shows the same bytes at a later one.
    this.decoded = made?.metadata.resourceVersion === String(this.revision) ? made : this.copy();
    return this.decoded;
  }

  get isDecoded(): boolean {
    return this.decoded !== undefined;
  }

  /** A copy of one's own, to change. */
  copy(): KubeObject {
    return this.codec.decode(this.bytes, this.revision);
  }

  json(): Uint8Array {
    return this.codec.splice(this.bytes, this.revision);
  }

  /** Everybody who watches has seen it: who made it need not be remembered for more readers, who decode when they come. */
  announced(): void {
    decodedHere.delete(this.bytes);
  }

  /** There is a newer one: the decoded object is made again should a watch from the past want it. */
  superseded(): void {
    this.decoded = undefined;
  }

  /** The same content as of another revision: what a deletion shows. */
  at(revision: number): Stored {
    return new Stored(this.codec, this.key, this.bytes, revision);
  }
}

const encoder = new TextEncoder();

/** For what isn't stored: a dry run's result, a Scale, a Status. */
export function viewOf(object: KubeObject): ObjectView {
  return { object, json: () => encoder.encode(JSON.stringify(object)) };
}
