/**
 * Header blocks of SPDY/3.1: pairs of names and values, compressed in one zlib stream per direction. What we write is stored, not compressed:
 * our replies carry next to nothing. Names are lower case.
 */
import { type Inflate, constants, createInflate } from "node:zlib";
import { headerDictionary, headerDictionaryId } from "./dictionary.ts";
import { SpdyError } from "./frames.ts";

export type SpdyHeaders = ReadonlyMap<string, string>;

/** All the headers of one stream, uncompressed. */
const maxHeaderBytes = 64 * 1024;

/** Reads the blocks of one direction, in their order; one that can't be read ends it. */
export class HeaderReader implements Disposable {
  private readonly inflate: Inflate = createInflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH });
  private parts: Buffer[] = [];
  private size = 0;

  constructor() {
    this.inflate.on("data", (part: Buffer) => this.take(part));
    this.inflate.on("error", () => undefined);
  }

  async read(block: Uint8Array): Promise<SpdyHeaders> {
    this.parts = [];
    this.size = 0;
    try {
      await this.feed(block);
    } catch (error) {
      throw new SpdyError("the headers can't be read", { cause: error });
    }
    return decodePairs(Buffer.concat(this.parts));
  }

  [Symbol.dispose](): void {
    this.inflate.destroy();
  }

  private take(part: Buffer): void {
    this.size += part.byteLength;
    if (this.size > maxHeaderBytes) this.inflate.destroy(new SpdyError("too many headers"));
    else this.parts.push(part);
  }

  private feed(block: Uint8Array): Promise<void> {
    const { inflate } = this;
    return new Promise((resolve, reject) => {
      inflate.once("error", reject);
      inflate.write(block, (error) => {
        inflate.off("error", reject);
        if (error || inflate.destroyed) return reject(error ?? new SpdyError("too many headers"));
        // What is still waiting comes through take().
        while (inflate.read() !== null);
        resolve();
      });
    });
  }
}

/** Writes the blocks of one direction, in their order. */
export class HeaderWriter {
  private begun = false;

  write(headers: SpdyHeaders): Uint8Array {
    const pairs = encodePairs(headers);
    if (pairs.byteLength > 0xffff) throw new SpdyError("too many headers");
    const block = Buffer.concat([storedHead(pairs.byteLength), pairs, flushed]);
    if (this.begun) return block;
    this.begun = true;
    const head = Buffer.of(0x78, 0xbb, 0, 0, 0, 0);
    head.writeUInt32BE(headerDictionaryId, 2);
    return Buffer.concat([head, block]);
  }
}

/** What stands before bytes that zlib stores as they are. */
function storedHead(size: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(size, 1);
  head.writeUInt16LE(0xffff ^ size, 3);
  return head;
}

/** Without this empty block a reader in Go wants more than there is, and fails at the next header block. */
const flushed = storedHead(0);

function encodePairs(headers: SpdyHeaders): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(headers.size);
  return Buffer.concat([count, ...[...headers].flatMap(([name, value]) => [sized(name), sized(value)])]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.byteLength);
  return Buffer.concat([size, bytes]);
}

function decodePairs(bytes: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.byteLength) throw new SpdyError("the headers end too early");
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const size = number();
    if (at + size > bytes.byteLength) throw new SpdyError("the headers end too early");
    at += size;
    return bytes.toString("utf8", at - size, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left -= 1) {
    const name = text();
    headers.set(name, text());
  }
  return headers;
}
