import { constants, createDeflate, inflateSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerDictionary, headerDictionaryId } from "./dictionary.ts";
import { type Frame, FrameParser, SpdyError, encodeFrame } from "./frames.ts";
import { HeaderReader, HeaderWriter } from "./headerBlock.ts";

const streamId = fc.integer({ min: 1, max: 0x7fff_ffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const block = fc.uint8Array({ maxLength: 300 });
const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant("data" as const), streamId, data: fc.uint8Array({ maxLength: 500 }), fin: fc.boolean() }),
  fc.record({ type: fc.constantFrom("synStream" as const, "synReply" as const, "headers" as const), streamId, fin: fc.boolean(), block }),
  fc.record({ type: fc.constant("reset" as const), streamId, status: u32 }),
  fc.record({
    type: fc.constant("settings" as const),
    entries: fc.array(fc.tuple(fc.integer({ min: 0, max: 0xff_ffff }), u32)).map((pairs) => new Map(pairs)),
  }),
  fc.record({ type: fc.constant("ping" as const), id: u32 }),
  fc.record({ type: fc.constant("goAway" as const), lastStreamId: streamId, status: u32 }),
  fc.record({ type: fc.constant("windowUpdate" as const), streamId, delta: fc.integer({ min: 0, max: 0x7fff_ffff }) }),
);

/** Data in pieces is the same as data at once. */
function joined(frames: readonly Frame[]): unknown[] {
  const all: Frame[] = [];
  let open: Extract<Frame, { type: "data" }> | undefined;
  for (const frame of frames) {
    const last = all.at(-1);
    if (frame.type === "data" && last?.type === "data" && last === open && !last.fin && last.streamId === frame.streamId) {
      open = { ...last, data: Buffer.concat([last.data, frame.data]), fin: frame.fin };
      all[all.length - 1] = open;
    } else {
      open = frame.type === "data" ? frame : undefined;
      all.push(frame);
    }
  }
  return all.map((frame) => {
    if (frame.type === "data") return { ...frame, data: [...frame.data] };
    return "block" in frame ? { ...frame, block: [...frame.block] } : frame;
  });
}

/** Whether bytes are read, or refused as what they are. */
function outcomeOf(bytes: Uint8Array): unknown {
  try {
    return [...new FrameParser().push(bytes)].length <= bytes.byteLength ? "understood" : "too many";
  } catch (error) {
    return error instanceof SpdyError ? "understood" : error;
  }
}

describe("frames", () => {
  it("come out as they went in, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.integer({ min: 1, max: 70 }), (frames, step) => {
        const bytes = Buffer.concat(frames.map(encodeFrame));
        const parser = new FrameParser();
        const out: Frame[] = [];
        for (let at = 0; at < bytes.byteLength; at += step) out.push(...parser.push(bytes.subarray(at, at + step)));
        expect(joined(out)).toEqual(joined(frames));
      }),
    );
  });

  it("that are none are refused, and nothing else is thrown", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcomeOf(bytes)).toBe("understood");
      }),
    );
    const wrongVersion = Buffer.from("8002000100000000", "hex");
    expect(() => [...new FrameParser().push(wrongVersion)]).toThrow("SPDY version 2");
    const tooLong = Buffer.from("8003000100ffffff", "hex");
    expect(() => [...new FrameParser().push(tooLong)]).toThrow("a control frame of 16777215 bytes");
    const tooShort = Buffer.from("800300030000000400000001", "hex");
    expect(() => [...new FrameParser().push(tooShort)]).toThrow("ends after 4 bytes");
  });

  it("of an unknown type are passed over", () => {
    const unknown = Buffer.from("8003000a00000002ffff", "hex");
    const ping = encodeFrame({ type: "ping", id: 7 });
    expect([...new FrameParser().push(Buffer.concat([unknown, ping]))]).toEqual([{ type: "ping", id: 7 }]);
  });
});

const headers = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 200 })), { maxLength: 10 })
  .map((pairs) => new Map(pairs));

/** As a client compresses: one stream for all blocks, flushed after each. */
class Compressor {
  private readonly deflate = createDeflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH });

  write(plain: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve) => {
      const parts: Buffer[] = [];
      const take = (part: Buffer): void => void parts.push(part);
      this.deflate.on("data", take);
      this.deflate.write(plain, () => {
        while (this.deflate.read() !== null);
        this.deflate.off("data", take);
        resolve(Buffer.concat(parts));
      });
    });
  }
}

function pairsOf(map: ReadonlyMap<string, string>): Buffer {
  const sized = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.byteLength);
    return Buffer.concat([size, bytes]);
  };
  const count = Buffer.alloc(4);
  count.writeUInt32BE(map.size);
  return Buffer.concat([count, ...[...map].flatMap(([name, value]) => [sized(name), sized(value)])]);
}

describe("header blocks", () => {
  it("use the protocol's dictionary", () => {
    expect(headerDictionary.byteLength).toBe(1423);
    // Adler-32 by its definition.
    let a = 1;
    let b = 0;
    for (const byte of headerDictionary) {
      a = (a + byte) % 65_521;
      b = (b + a) % 65_521;
    }
    expect(b * 65_536 + a).toBe(headerDictionaryId);
  });

  it("are read as another side compresses them, one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { maxLength: 6 }), async (all) => {
        const compressor = new Compressor();
        using reader = new HeaderReader();
        for (const one of all) expect(await reader.read(await compressor.write(pairsOf(one)))).toEqual(one);
      }),
      { numRuns: 50 },
    );
  });

  it("are written so that another side can read them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { minLength: 1, maxLength: 6 }), async (all) => {
        const writer = new HeaderWriter();
        using reader = new HeaderReader();
        const blocks = all.map((one) => writer.write(one));
        for (const [index, bytes] of blocks.entries()) expect(await reader.read(bytes)).toEqual(all[index]);
        const plain = inflateSync(Buffer.concat(blocks), { dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH });
        expect(plain.equals(Buffer.concat(all.map(pairsOf)))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("that can't be read, or are too long, are refused", async () => {
    using garbage = new HeaderReader();
    await expect(garbage.read(Buffer.from("hello there"))).rejects.toThrow(SpdyError);
    using cut = new HeaderReader();
    await expect(cut.read(await new Compressor().write(Buffer.of(0, 0, 0, 9)))).rejects.toThrow("end too early");
    using long = new HeaderReader();
    const bomb = await new Compressor().write(pairsOf(new Map([["a", "x".repeat(10_000_000)]])));
    expect(bomb.byteLength).toBeLessThan(20_000);
    await expect(long.read(bomb)).rejects.toThrow("can't be read");
  });
});
