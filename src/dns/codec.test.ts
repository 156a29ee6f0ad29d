import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from "./addresses.ts";
import { decodeMessage, DnsFormatError } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import type { Message, RecordData, ResourceRecord } from "./message.ts";

/** Numbers are bytes, texts are labels with their length. */
function bytes(...parts: (number | string)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [part.length, ...new TextEncoder().encode(part)])));
}

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const label = fc.string({ minLength: 1, maxLength: 12, unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
// Few different labels, so that names share suffixes and get compressed.
const name = fc.array(fc.oneof(fc.constantFrom("svc", "cluster", "local", "Local", "default"), label), { maxLength: 6 });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipv4Text);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipv6Text);
const data: fc.Arbitrary<RecordData> = fc.oneof(
  fc.record({ type: fc.constant("A" as const), address: ipv4 }),
  fc.record({ type: fc.constant("AAAA" as const), address: ipv6 }),
  fc.record({ type: fc.constantFrom("CNAME" as const, "NS" as const, "PTR" as const), target: name }),
  fc.record({ type: fc.constant("SRV" as const), priority: uint16, weight: uint16, port: uint16, target: name }),
  fc.record({ type: fc.constant("TXT" as const), texts: fc.array(label, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant("SOA" as const),
    primary: name,
    mailbox: name,
    serial: uint32,
    refresh: uint32,
    retry: uint32,
    expire: uint32,
    minimum: uint32,
  }),
  fc.record({ type: fc.constant("other" as const), number: fc.integer({ min: 100, max: 200 }), bytes: fc.uint8Array({ maxLength: 20 }) }),
);
const record: fc.Arbitrary<ResourceRecord> = fc.record({ name, class: uint16, ttl: uint32, data });
const records = fc.array(record, { maxLength: 4 });
const message: fc.Arbitrary<Message> = fc
  .record({
    id: uint16,
    isResponse: fc.boolean(),
    opcode: fc.integer({ min: 0, max: 15 }),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    rcode: fc.integer({ min: 0, max: 15 }),
    questions: fc.array(fc.record({ name, type: uint16, class: uint16 }), { maxLength: 2 }),
    answers: records,
    authorities: records,
    additionals: records,
    edns: fc.option(fc.record({ udpSize: uint16, version: fc.integer({ min: 0, max: 255 }), dnssecOk: fc.boolean() }), { nil: undefined }),
  })
  .chain((plain) =>
    plain.edns === undefined ? fc.constant(plain) : fc.integer({ min: 0, max: 0xfff }).map((rcode) => ({ ...plain, rcode })),
  );

/** Whatever is thrown must say that the bytes are at fault. */
function survives(input: Uint8Array): boolean {
  try {
    decodeMessage(input);
    return true;
  } catch (error) {
    return error instanceof DnsFormatError;
  }
}

function answer(address: string): ResourceRecord {
  return { name: ["web", "default", "svc"], class: 1, ttl: 30, data: { type: "A", address } };
}

function header(questions: number): number[] {
  return [0, 1, 0, 0, 0, questions, 0, 0, 0, 0, 0, 0];
}

describe("messages on the wire", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeMessage(encodeMessage(sent))).toEqual(sent);
      }),
    );
  });

  it("any bytes give a message or DnsFormatError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        expect(survives(input)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    // Damaged ones get further in.
    const damaged = fc.tuple(message, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(damaged, fc.nat(), ([sent, changes], cut) => {
        const input = encodeMessage(sent);
        for (const [at, value] of changes) input[at % input.length] = value;
        expect(survives(input)).toBe(true);
        expect(survives(input.subarray(0, cut % input.length))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("are cut to the limit, with the flag, and stay readable", () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 200, max: 600 }), (sent, limit) => {
        const questionBytes = encodeMessage({ ...sent, answers: [], authorities: [], additionals: [] }).length;
        fc.pre(questionBytes <= limit);
        const encoded = encodeMessage(sent, limit);
        expect(encoded.length).toBeLessThanOrEqual(limit);
        const read = decodeMessage(encoded);
        expect(sent.answers.slice(0, read.answers.length)).toEqual(read.answers);
        const whole = read.answers.length === sent.answers.length && read.authorities.length === sent.authorities.length;
        expect(read.truncated).toBe(sent.truncated || !whole);
        expect(read.edns).toEqual(sent.edns);
      }),
    );
  });

  it("names are compressed", () => {
    const sent: Message = { ...decodeMessage(new Uint8Array(12)), answers: [answer("10.0.0.1"), answer("10.0.0.2")] };
    expect(encodeMessage(sent).length).toBe(12 + 17 + 14 + 2 + 14);
  });
});

describe("broken messages", () => {
  const cases: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["half a header", new Uint8Array(7)],
    ["a question that isn't there", bytes(...header(1))],
    ["a name without end", bytes(...header(1), "abc")],
    ["a label that is too long for the message", bytes(...header(1), 40, 65)],
    ["a name that points to itself", bytes(...header(1), 0xc0, 12, 0, 1, 0, 1)],
    ["a name that points forward", bytes(...header(1), 0xc0, 14, 0, 1, 0, 1, 0)],
    ["a circle of pointers", bytes(...header(1), "a", 0xc0, 12, 0, 1, 0, 1)],
    ["an unknown sort of label", bytes(...header(1), 0x41, 0, 0, 1, 0, 1)],
    ["a name of more than 255 bytes", bytes(...header(1), ...Array.from({ length: 5 }, () => "x".repeat(60)), 0, 0, 1, 0, 1)],
  ];
  it.each(cases)("%s", (_name, input) => expect(() => decodeMessage(input)).toThrow(DnsFormatError));
});

describe("addresses", () => {
  it.each([
    ["::", "::"],
    ["::1", "::1"],
    ["fd00:0:0:1::5", "fd00:0:0:1::5"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
  ])("%s is %s", (text, expected) => expect(ipv6Text(ipv6Bytes(text) ?? new Uint8Array(16).fill(9))).toBe(expected));
  it.each(["", "1", ":::", "1::2::3", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3.4.5"])(
    "%j is no IPv6 address",
    (text) => expect(ipv6Bytes(text)).toBeUndefined(),
  );
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (sent) => {
        expect(ipv6Bytes(ipv6Text(sent))).toEqual(sent);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (sent) => {
        expect(ipv4Bytes(ipv4Text(sent))).toEqual(sent);
      }),
    );
  });
});
