/**
 * Reads DNS messages off the wire. Whatever the bytes, it gives a message or throws DnsFormatError: names are bounded, pointers lead backwards only.
 * RFC 1035 section 4, RFC 6891, RFC 2782.
 */
import { ipv4Text, ipv6Text } from "./addresses.ts";
import { recordType, type Edns, type Message, type Name, type Question, type RecordData, type ResourceRecord } from "./message.ts";

export class DnsFormatError extends Error {
  override readonly name = "DnsFormatError";
}

const maxNameBytes = 255;

export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const id = reader.uint16();
  const flags = reader.uint16();
  const counts = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()] as const;
  const questions = reader.many(counts[0], () => question(reader));
  const answers = reader.many(counts[1], () => record(reader));
  const authorities = reader.many(counts[2], () => record(reader));
  const others = reader.many(counts[3], () => record(reader));
  const options = others.filter(isOption);
  if (options.length > 1) throw new DnsFormatError("more than one OPT record");
  const [option] = options;
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    rcode: (flags & 0xf) | (option === undefined ? 0 : (Math.floor(option.ttl / 2 ** 24) & 0xff) << 4),
    questions,
    answers,
    authorities,
    additionals: others.filter((each) => !isOption(each)),
    edns: option === undefined ? undefined : ednsOf(option),
  };
}

function isOption({ data }: ResourceRecord): boolean {
  return data.type === "other" && data.number === recordType.OPT;
}

/** OPT keeps its fields in a record's class and time to live. */
function ednsOf({ class: udpSize, ttl }: ResourceRecord): Edns {
  return { udpSize, version: Math.floor(ttl / 2 ** 16) & 0xff, dnssecOk: (ttl & 0x8000) !== 0 };
}

function question(reader: Reader): Question {
  return { name: reader.name(), type: reader.uint16(), class: reader.uint16() };
}

function record(reader: Reader): ResourceRecord {
  const name = reader.name();
  const type = reader.uint16();
  const recordClass = reader.uint16();
  const ttl = reader.uint32();
  const length = reader.uint16();
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new DnsFormatError("a record reaches past the end");
  const data = recordData(reader, type, end);
  if (reader.at !== end) throw new DnsFormatError("a record's data has another length than it says");
  return { name, class: recordClass, ttl, data };
}

function recordData(reader: Reader, type: number, end: number): RecordData {
  switch (type) {
    case recordType.A:
      return { type: "A", address: ipv4Text(reader.take(4)) };
    case recordType.AAAA:
      return { type: "AAAA", address: ipv6Text(reader.take(16)) };
    case recordType.CNAME:
      return { type: "CNAME", target: reader.name() };
    case recordType.NS:
      return { type: "NS", target: reader.name() };
    case recordType.PTR:
      return { type: "PTR", target: reader.name() };
    case recordType.SRV:
      return { type: "SRV", priority: reader.uint16(), weight: reader.uint16(), port: reader.uint16(), target: reader.name() };
    case recordType.TXT: {
      const texts: string[] = [];
      while (reader.at < end) texts.push(latin1(reader.take(reader.uint8())));
      return { type: "TXT", texts };
    }
    case recordType.SOA:
      return {
        type: "SOA",
        primary: reader.name(),
        mailbox: reader.name(),
        serial: reader.uint32(),
        refresh: reader.uint32(),
        retry: reader.uint32(),
        expire: reader.uint32(),
        minimum: reader.uint32(),
      };
    default:
      return { type: "other", number: type, bytes: reader.take(end - reader.at).slice() };
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

class Reader {
  readonly bytes: Uint8Array;
  at = 0;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.step(1));
  }

  uint16(): number {
    return this.view.getUint16(this.step(2));
  }

  uint32(): number {
    return this.view.getUint32(this.step(4));
  }

  take(length: number): Uint8Array {
    const from = this.step(length);
    return this.bytes.subarray(from, from + length);
  }

  many<T>(count: number, one: () => T): T[] {
    const all: T[] = [];
    for (let i = 0; i < count; i += 1) all.push(one());
    return all;
  }

  name(): Name {
    const labels: string[] = [];
    let size = 1;
    let from = this.at;
    let jumped = false;
    for (;;) {
      const length = this.byteAt(from);
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | this.byteAt(from + 1);
        if (!jumped) this.at = from + 2;
        // Backwards only, so it ends.
        if (target >= from) throw new DnsFormatError("a name points forward");
        jumped = true;
        from = target;
        continue;
      }
      if (length > 63) throw new DnsFormatError("a label of an unknown sort");
      if (length === 0) break;
      size += length + 1;
      if (size > maxNameBytes) throw new DnsFormatError("a name is longer than 255 bytes");
      if (from + 1 + length > this.bytes.length) throw new DnsFormatError("a name reaches past the end");
      labels.push(latin1(this.bytes.subarray(from + 1, from + 1 + length)));
      from += length + 1;
    }
    if (!jumped) this.at = from + 1;
    return labels;
  }

  private byteAt(at: number): number {
    const byte = this.bytes[at];
    if (byte === undefined) throw new DnsFormatError("the message ends too early");
    return byte;
  }

  private step(length: number): number {
    const from = this.at;
    if (from + length > this.bytes.length) throw new DnsFormatError("the message ends too early");
    this.at = from + length;
    return from;
  }
}
