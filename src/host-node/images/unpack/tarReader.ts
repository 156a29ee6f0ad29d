/**
 * A tar archive read from chunks as they come: ustar, pax, GNU long names, numbers in base 256. Gives entries and their bytes; judges no path.
 * Refuses sparse files and wrong checksums; a missing end is no fault, as in Go.
 */
import { ArchiveError } from "./archiveError.ts";
import type { FileAttributes } from "./fileAttributes.ts";

export type TarType = "file" | "folder" | "symlink" | "hardlink" | "device" | "fifo";

export interface TarEntry {
  readonly path: string;
  readonly type: TarType;
  readonly linkPath: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  /** Extended ones. */
  readonly attributes: FileAttributes;
}

export interface TarHandler {
  entry(entry: TarEntry): void;
  /** Bytes of the file that was announced last. */
  data(chunk: Uint8Array): void;
  end(): void;
}

const blockBytes = 512;
const maxExtensionBytes = 1024 * 1024;
const types: Readonly<Record<string, TarType>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "device",
  "4": "device",
  "5": "folder",
  "6": "fifo",
};

type Extension = "x" | "g" | "L" | "K";

export class TarReader {
  readonly #handler: TarHandler;
  /** A header's first part, as long as the rest hasn't come. */
  #held: Buffer = Buffer.alloc(0);
  #bodyLeft = 0;
  #paddingLeft = 0;
  /** What the body is: a file's bytes, nothing of interest, or words about the next entry. */
  #body: "file" | "skip" | Extension = "skip";
  #extension: Buffer[] = [];
  #globals: ReadonlyMap<string, string> = new Map();
  #next = new Map<string, string>();
  #ended = false;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): void {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0 && !this.#ended) {
      if (this.#bodyLeft > 0) {
        const part = rest.subarray(0, this.#bodyLeft);
        rest = rest.subarray(part.length);
        this.#bodyLeft -= part.length;
        this.#take(part);
        if (this.#bodyLeft === 0) this.#endBody();
      } else if (this.#paddingLeft > 0) {
        const skipped = Math.min(this.#paddingLeft, rest.length);
        this.#paddingLeft -= skipped;
        rest = rest.subarray(skipped);
      } else {
        const wanted = blockBytes - this.#held.length;
        const part = rest.subarray(0, wanted);
        rest = rest.subarray(part.length);
        const block = this.#held.length === 0 ? part : Buffer.concat([this.#held, part]);
        this.#held = block.length < blockBytes ? Buffer.from(block) : Buffer.alloc(0);
        if (block.length === blockBytes) this.#header(block);
      }
    }
  }

  /** Whether the archive's end has been read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Throws when the archive stops in the middle of an entry. */
  end(): void {
    if (this.#bodyLeft > 0 || this.#held.length > 0) throw new ArchiveError("the archive ends in the middle of an entry");
  }

  #take(part: Buffer): void {
    if (this.#body === "file") this.#handler.data(part);
    else if (this.#body !== "skip") this.#extension.push(Buffer.from(part));
  }

  #endBody(): void {
    if (this.#body === "file") return this.#handler.end();
    if (this.#body === "skip") return;
    const bytes = Buffer.concat(this.#extension);
    this.#extension = [];
    if (this.#body === "g") this.#globals = new Map([...this.#globals, ...paxRecords(bytes)]);
    else if (this.#body === "x") for (const [key, value] of paxRecords(bytes)) this.#next.set(key, value);
    else this.#next.set(this.#body === "L" ? "path" : "linkpath", textOf(bytes));
  }

  #header(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    checkSum(block);
    const type = String.fromCharCode(block[156] ?? 0);
    const ownSize = numberOf(block.subarray(124, 136));
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      if (ownSize > maxExtensionBytes) throw new ArchiveError(`an entry's attributes are longer than ${maxExtensionBytes} bytes`);
      this.#start(type, ownSize);
      return;
    }
    const facts = new Map([...this.#globals, ...this.#next]);
    this.#next = new Map();
    const entry = entryOf(block, type, facts, ownSize);
    if (entry === undefined) return this.#start("skip", ownSize);
    this.#handler.entry(entry);
    this.#start(entry.type === "file" ? "file" : "skip", entry.sizeBytes);
  }

  #start(body: "file" | "skip" | Extension, sizeBytes: number): void {
    this.#body = body;
    this.#bodyLeft = sizeBytes;
    this.#paddingLeft = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
    if (sizeBytes === 0) this.#endBody();
  }
}

function entryOf(block: Buffer, letter: string, facts: ReadonlyMap<string, string>, ownSize: number): TarEntry | undefined {
  if (letter === "S" || [...facts.keys()].some((key) => key.startsWith("GNU.sparse.")))
    throw new ArchiveError("sparse files are not supported");
  const prefix = block.toString("latin1", 257, 262) === "ustar" && block[263] === 0x30 ? textOf(block.subarray(345, 500)) : "";
  const own = textOf(block.subarray(0, 100));
  const path = facts.get("path") ?? (prefix === "" ? own : `${prefix}/${own}`);
  // A regular file whose name ends in a slash is a folder in the oldest archives.
  const type = (letter === "\0" || letter === "0") && path.endsWith("/") ? "folder" : types[letter];
  if (type === undefined) return undefined;
  const decimal = (key: string, otherwise: number): number => {
    const text = facts.get(key);
    return text === undefined ? otherwise : sane(Math.trunc(Number(text)));
  };
  const sized = decimal("size", ownSize);
  return {
    path,
    type,
    linkPath: facts.get("linkpath") ?? textOf(block.subarray(157, 257)),
    mode: numberOf(block.subarray(100, 108)) & 0o7777,
    uid: decimal("uid", numberOf(block.subarray(108, 116))),
    gid: decimal("gid", numberOf(block.subarray(116, 124))),
    sizeBytes: type === "file" ? sized : 0,
    mtimeSeconds: Math.max(0, Math.trunc(Number(facts.get("mtime") ?? numberOf(block.subarray(136, 148)))) || 0),
    attributes: attributesOf(facts),
  };
}

/** How GNU tar, libarchive and Go name extended attributes. */
const attributePrefix = "SCHILY.xattr.";
const none: FileAttributes = new Map();

function attributesOf(facts: ReadonlyMap<string, string>): FileAttributes {
  const found = [...facts].filter(([key]) => key.startsWith(attributePrefix));
  if (found.length === 0) return none;
  return new Map(found.map(([key, value]) => [key.slice(attributePrefix.length), Buffer.from(value, "latin1")]));
}

function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
  if (sum !== Number.parseInt(textOf(block.subarray(148, 156)), 8))
    throw new ArchiveError("this is no tar archive, or it is damaged (a header's checksum is wrong)");
}

/** Octal text, or binary where the first bit is set. */
function numberOf(field: Buffer): number {
  const [first = 0] = field;
  if ((first & 0x80) === 0) {
    const text = textOf(field).trim();
    if (!/^[0-7]*$/.test(text)) throw new ArchiveError(`a header holds ${JSON.stringify(text)} in place of a number`);
    return text === "" ? 0 : sane(Number.parseInt(text, 8));
  }
  if ((first & 0x40) !== 0) return 0;
  return field.subarray(1).reduce((value, byte) => sane(value * 256 + byte), first & 0x3f);
}

function sane(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new ArchiveError("a header holds a number out of range");
  return value;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

/** `LENGTH KEY=VALUE\n`, again and again. */
function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, Math.max(at, space)));
    const equals = bytes.indexOf(0x3d, space);
    const bad = space < 0 || !Number.isInteger(length) || length < 4 || at + length > bytes.length || equals < 0 || equals >= at + length;
    if (bad) throw new ArchiveError("an entry's attributes are damaged");
    const key = bytes.toString("utf8", space + 1, equals);
    // An attribute's value is bytes, not text.
    records.set(key, bytes.toString(key.startsWith(attributePrefix) ? "latin1" : "utf8", equals + 1, at + length - 1));
    at += length;
  }
  return records;
}
