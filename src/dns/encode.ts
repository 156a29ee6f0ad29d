/**
 * Writes DNS messages, with names compressed, and cut to what the asker can take: additional records go first, then answers, with the
 * TC flag, which makes it ask again over TCP. RFC 1035 sections 4.1.4 and 4.2, RFC 2181 section 9, RFC 6891.
 */
import { assert } from "../base/assert.ts";
import { ipv4Bytes, ipv6Bytes } from "./addresses.ts";
import { recordType, typeNumber, type Message, type Name, type RecordData, type ResourceRecord } from "./message.ts";

const headerBytes = 12;
const optionBytes = 11;
const maxPointer = 0x3fff;
/** What a DNS message over TCP can hold at all. */
export const maxMessageBytes = 65_535;

export function encodeMessage(message: Message, limit: number = maxMessageBytes): Uint8Array {
  const writer = new Writer();
  const reserved = message.edns === undefined ? 0 : optionBytes;
  const room = Math.max(limit, headerBytes + reserved) - reserved;
  writer.skip(headerBytes);
  for (const { name, type, class: questionClass } of message.questions) {
    writer.name(name, true);
    writer.uint16(type);
    writer.uint16(questionClass);
  }
  const answers = writeWhile(writer, message.answers, room);
  const authorities = answers === message.answers.length ? writeWhile(writer, message.authorities, room) : 0;
  const whole = answers === message.answers.length && authorities === message.authorities.length;
  const additionals = whole ? writeWhile(writer, message.additionals, room) : 0;
  if (message.edns !== undefined) writeOption(writer, message);
  const counts = [message.questions.length, answers, authorities, additionals + (message.edns === undefined ? 0 : 1)];
  writeHeader(writer, message, { truncated: message.truncated || !whole, counts });
  return writer.bytes();
}

/** How many records fit. */
function writeWhile(writer: Writer, records: readonly ResourceRecord[], room: number): number {
  let count = 0;
  for (const record of records) {
    const from = writer.length;
    writeRecord(writer, record);
    if (writer.length > room) {
      writer.cut(from);
      break;
    }
    count += 1;
  }
  return count;
}

function writeHeader(writer: Writer, message: Message, { truncated, counts }: { truncated: boolean; counts: readonly number[] }): void {
  const flags =
    (message.isResponse ? 0x8000 : 0) |
    ((message.opcode & 0xf) << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.rcode & 0xf);
  for (const [i, value] of [message.id, flags, ...counts].entries()) writer.uint16At(i * 2, value);
}

function writeOption(writer: Writer, { edns, rcode }: Message): void {
  assert(edns !== undefined, "an OPT record is written for messages that have one");
  writer.name([], false);
  writer.uint16(recordType.OPT);
  writer.uint16(edns.udpSize);
  writer.uint8(rcode >> 4);
  writer.uint8(edns.version);
  writer.uint16(edns.dnssecOk ? 0x8000 : 0);
  writer.uint16(0);
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  writer.name(record.name, true);
  writer.uint16(typeNumber(record.data));
  writer.uint16(record.class);
  writer.uint32(record.ttl);
  const lengthAt = writer.length;
  writer.uint16(0);
  writeData(writer, record.data);
  writer.uint16At(lengthAt, writer.length - lengthAt - 2);
}

function writeData(writer: Writer, data: RecordData): void {
  switch (data.type) {
    case "A":
    case "AAAA": {
      const bytes = data.type === "A" ? ipv4Bytes(data.address) : ipv6Bytes(data.address);
      assert(bytes !== undefined, `${data.address} is an address`);
      writer.raw(bytes);
      return;
    }
    case "CNAME":
    case "NS":
    case "PTR":
      writer.name(data.target, true);
      return;
    case "SRV":
      for (const value of [data.priority, data.weight, data.port]) writer.uint16(value);
      // RFC 2782: not compressed.
      writer.name(data.target, false);
      return;
    case "TXT":
      for (const text of data.texts) writer.text(text);
      return;
    case "SOA":
      writer.name(data.primary, true);
      writer.name(data.mailbox, true);
      for (const value of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) writer.uint32(value);
      return;
    case "other":
      writer.raw(data.bytes);
  }
}

class Writer {
  private buffer = new Uint8Array(512);
  private size = 0;
  /** Where names have been written, in this very case. */
  private readonly known = new Map<string, number>();

  get length(): number {
    return this.size;
  }

  bytes(): Uint8Array {
    return this.buffer.slice(0, this.size);
  }

  skip(length: number): void {
    this.reserve(length);
    this.size += length;
  }

  /** Takes back what was written from there on. */
  cut(from: number): void {
    this.size = from;
    for (const [name, at] of this.known) if (at >= from) this.known.delete(name);
  }

  uint8(value: number): void {
    this.reserve(1);
    this.buffer[this.size] = value;
    this.size += 1;
  }

  uint16(value: number): void {
    this.skip(2);
    this.uint16At(this.size - 2, value);
  }

  uint16At(at: number, value: number): void {
    this.buffer[at] = (value >> 8) & 0xff;
    this.buffer[at + 1] = value & 0xff;
  }

  uint32(value: number): void {
    this.uint16(Math.floor(value / 65_536));
    this.uint16(value % 65_536);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.size);
    this.size += bytes.length;
  }

  /** A byte of length and at most 255 of text. */
  text(text: string): void {
    const bytes = latin1Bytes(text).subarray(0, 255);
    this.uint8(bytes.length);
    this.raw(bytes);
  }

  name(name: Name, compressed: boolean): void {
    for (let i = 0; i < name.length; i += 1) {
      const suffix = JSON.stringify(name.slice(i));
      const at = this.known.get(suffix);
      if (at !== undefined && compressed) {
        this.uint16(0xc000 | at);
        return;
      }
      if (at === undefined && this.size <= maxPointer) this.known.set(suffix, this.size);
      const label = latin1Bytes(name[i] ?? "");
      assert(label.length > 0 && label.length <= 63, "labels have 1 to 63 bytes");
      this.uint8(label.length);
      this.raw(label);
    }
    this.uint8(0);
  }

  private reserve(length: number): void {
    if (this.size + length <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.size + length));
    larger.set(this.buffer);
    this.buffer = larger;
  }
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}
