/**
 * Writes the protobuf wire format from the end of a buffer to its front, so that a message's length is known when its head is
 * written: callers write fields last to first, and a field's value before its tag.
 */
const utf8 = new TextEncoder();
const firstBytes = 1024;
/** Up to here a loop over letters is faster than TextEncoder. */
const shortTextBytes = 48;

export class WireWriter {
  private bytes: Uint8Array = new Uint8Array(firstBytes);
  private at: number = firstBytes;

  /** Bytes written so far; the difference of two is a length. */
  get size(): number {
    return this.bytes.length - this.at;
  }
  finish(): Uint8Array {
    return this.bytes.subarray(this.at);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.at -= bytes.length;
    this.bytes.set(bytes, this.at);
  }

  /** A signed 64-bit number; exact up to 2^53. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) {
      this.reserve(1);
      this.at -= 1;
      this.bytes[this.at] = value;
      return;
    }
    let low = value >>> 0;
    let high = Math.floor(value / 2 ** 32) >>> 0;
    const encoded: number[] = [];
    while (high > 0 || low > 0x7f) {
      encoded.push((low & 0x7f) | 0x80);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    encoded.push(low);
    this.reserve(encoded.length);
    this.at -= encoded.length;
    this.bytes.set(encoded, this.at);
  }

  double(value: number): void {
    this.reserve(8);
    this.at -= 8;
    new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).setFloat64(0, value, true);
  }

  tag(number: number, type: 0 | 1 | 2): void {
    this.varint(number * 8 + type);
  }

  text(number: number, value: string): void {
    if (value.length > shortTextBytes || !this.ascii(value)) return this.delimited(number, utf8.encode(value));
    this.varint(value.length);
    this.tag(number, 2);
  }
  /** Writes a short text letter by letter; false when it has others than ASCII. */
  private ascii(value: string): boolean {
    this.reserve(value.length);
    const start = this.at - value.length;
    for (let i = 0; i < value.length; i += 1) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      this.bytes[start + i] = code;
    }
    this.at = start;
    return true;
  }
  delimited(number: number, bytes: Uint8Array): void {
    this.raw(bytes);
    this.varint(bytes.length);
    this.tag(number, 2);
  }
  /** `write` writes the message's fields. */
  message(number: number, write: () => void): void {
    const before = this.size;
    write();
    this.varint(this.size - before);
    this.tag(number, 2);
  }

  private reserve(bytes: number): void {
    if (this.at >= bytes) return;
    const used = this.size;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, used + bytes));
    grown.set(this.bytes.subarray(this.at), grown.length - used);
    this.at = grown.length - used;
    this.bytes = grown;
  }
}
