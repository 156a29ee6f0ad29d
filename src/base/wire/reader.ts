/** Reads the protobuf wire format out of bytes. Every length is checked against the end, so hostile input only ever throws DecodeError. */
import { DecodeError } from "./decodeError.ts";

const utf8 = new TextDecoder();
/** Up to here a loop over ASCII is faster than TextDecoder. */
const shortTextBytes = 48;
const maxGroupDepth = 100;

const truncated = (): DecodeError => new DecodeError("unexpected EOF");

export class WireReader {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly end: number;
  constructor(bytes: Uint8Array, from = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** A tag: field number times 8 plus the wire type. */
  tag(message: string): number {
    const tag = this.unsigned();
    const type = tag % 8;
    if (tag < 8 || tag > 0xffffffff) throw new DecodeError(`proto: ${message}: illegal tag ${Math.floor(tag / 8)} (wire type ${type})`);
    return tag;
  }

  /** A varint below 2^53; more is refused. Lengths and tags. */
  private unsigned(): number {
    const value = this.varint();
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw new DecodeError("proto: integer overflow");
    return value;
  }

  /** A varint as signed 64-bit number; exact up to 2^53. */
  varint(): number {
    const first = this.at < this.end ? (this.bytes[this.at] ?? 0) : 0x80;
    if (first < 0x80) {
      this.at += 1;
      return first;
    }
    return this.longVarint();
  }
  private longVarint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw truncated();
      const byte = this.bytes[this.at++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 0x0f) * 2 ** 28;
        high += bits >>> 4;
      } else high += bits * 2 ** (shift - 32);
      if (byte < 0x80) return (high | 0) * 2 ** 32 + (low >>> 0);
    }
    throw new DecodeError("proto: integer overflow");
  }

  double(): number {
    if (this.at + 8 > this.end) throw truncated();
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0, true);
    this.at += 8;
    return value;
  }

  /** Over a length-delimited field; gives where it starts and leaves the reader behind it. */
  private delimited(): number {
    const length = this.unsigned();
    const start = this.at;
    if (length > this.end - start) throw truncated();
    this.at = start + length;
    return start;
  }

  message(): WireReader {
    const start = this.delimited();
    return new WireReader(this.bytes, start, this.at);
  }

  view(): Uint8Array {
    const start = this.delimited();
    return this.bytes.subarray(start, this.at);
  }

  text(): string {
    const start = this.delimited();
    if (this.at - start > shortTextBytes) return utf8.decode(this.bytes.subarray(start, this.at));
    let text = "";
    for (let i = start; i < this.at; i += 1) {
      const byte = this.bytes[i] ?? 0;
      if (byte >= 0x80) return utf8.decode(this.bytes.subarray(start, this.at));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Over a field that nobody knows. */
  skip(type: number, depth = 0): void {
    switch (type) {
      case 0:
        this.varint();
        return;
      case 1:
        return this.advance(8);
      case 2:
        this.delimited();
        return;
      case 3:
        return this.skipGroup(depth + 1);
      case 5:
        return this.advance(4);
      default:
        throw new DecodeError(`proto: illegal wireType ${type}`);
    }
  }

  private skipGroup(depth: number): void {
    if (depth > maxGroupDepth) throw new DecodeError("proto: exceeded max depth");
    for (;;) {
      const type = this.tag("group") % 8;
      if (type === 4) return;
      this.skip(type, depth);
    }
  }

  private advance(bytes: number): void {
    if (this.at + bytes > this.end) throw truncated();
    this.at += bytes;
  }
}
