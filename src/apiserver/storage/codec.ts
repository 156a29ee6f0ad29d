/**
 * How an object is kept as bytes: JSON with kind, apiVersion and metadata first and without its resourceVersion (that is the store's revision).
 * With this fixed beginning the revision is spliced into bytes without parsing them, so a reply, a list item and a watch event are copies.
 */
import { assert } from "../../base/assert.ts";
import { apiVersionOf } from "../../machinery/kind.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of one kind of object: encodes for the store, decodes and splices what comes out of it. */
export class ObjectCodec {
  /** `{"kind":"Pod","apiVersion":"v1",` */
  readonly typeHead: string;
  /** Length of the type head in bytes. */
  readonly typeHeadBytes: number;
  /** Up to and including the brace that opens metadata. */
  private readonly metadataAt: number;

  constructor(kind: Pick<KindRef, "group" | "version" | "kind">) {
    this.typeHead = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},`;
    this.typeHeadBytes = encoder.encode(this.typeHead).length;
    this.metadataAt = this.typeHeadBytes + '"metadata":{'.length;
  }

  encode(object: KubeObject): Uint8Array {
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
    const ordered = { metadata: { ...metadata, resourceVersion: undefined, selfLink: undefined }, ...rest };
    return encoder.encode(this.typeHead + JSON.stringify(ordered).slice(1));
  }

  decode(stored: Uint8Array, revision: number): KubeObject {
    const object = JSON.parse(decoder.decode(stored)) as KubeObject;
    object.metadata.resourceVersion = String(revision);
    return object;
  }

  /** The whole object as JSON, resourceVersion and all. */
  splice(stored: Uint8Array, revision: number): Uint8Array {
    const version = versionBytes(revision);
    const out = new Uint8Array(stored.length + version.length);
    out.set(stored.subarray(0, this.metadataAt));
    out.set(version, this.metadataAt);
    out.set(stored.subarray(this.metadataAt), this.metadataAt + version.length);
    return out;
  }

  /** Writes the object as an item of a list (no kind, no apiVersion) at `offset`, which must have room; gives the offset after it. */
  writeItem(target: Uint8Array, offset: number, stored: Uint8Array, revision: number): number {
    assert(offset + this.itemSizeBytes(stored) <= target.length, "a list item fits its chunk");
    const head = stored.subarray(this.typeHeadBytes, this.metadataAt);
    const version = versionBytes(revision);
    let at = offset;
    target[at] = openBrace;
    target.set(head, (at += 1));
    target.set(version, (at += head.length));
    target.set(stored.subarray(this.metadataAt), (at += version.length));
    return at + stored.length - this.metadataAt;
  }

  /** An upper bound. */
  itemSizeBytes(stored: Uint8Array): number {
    return stored.length + maxVersionBytes;
  }
}

const openBrace = 0x7b;
/** `"resourceVersion":"9007199254740991",` */
const maxVersionBytes = 40;

/** Metadata is never empty (it has a name), so a comma always follows. */
function versionBytes(revision: number): Uint8Array {
  return encoder.encode(`"resourceVersion":"${revision}",`);
}
