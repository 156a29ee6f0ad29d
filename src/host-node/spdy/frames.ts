/**
 * SPDY/3.1 frames as bytes and back. Data comes out piece by piece as it arrives, so a frame's size costs no memory; control frames have a limit.
 * Header blocks stay compressed here (headerBlock.ts). Left out: credentials, and priorities, which nobody needs for a few streams.
 */
import { assertNever } from "../../base/assert.ts";

export type Frame =
  | { readonly type: "data"; readonly streamId: number; readonly data: Uint8Array; readonly fin: boolean }
  | { readonly type: "synStream"; readonly streamId: number; readonly fin: boolean; readonly block: Uint8Array }
  | { readonly type: "synReply"; readonly streamId: number; readonly fin: boolean; readonly block: Uint8Array }
  | { readonly type: "headers"; readonly streamId: number; readonly fin: boolean; readonly block: Uint8Array }
  | { readonly type: "reset"; readonly streamId: number; readonly status: number }
  | { readonly type: "settings"; readonly entries: ReadonlyMap<number, number> }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway"; readonly lastStreamId: number; readonly status: number }
  | { readonly type: "windowUpdate"; readonly streamId: number; readonly delta: number };

/** What the other side sent is not SPDY/3.1. */
export class SpdyError extends Error {}

const version = 3;
const finFlag = 1;
const headBytes = 8;
const maxControlBytes = 64 * 1024;
/** The length of a frame has three bytes. */
const maxDataBytes = 0xff_ffff;
const types = { synStream: 1, synReply: 2, reset: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.type) {
    case "data":
      return encodeData(frame.streamId, frame.data, frame.fin);
    case "synStream":
      return control(types.synStream, frame.fin, [u32(frame.streamId), u32(0), Uint8Array.of(0, 0), frame.block]);
    case "synReply":
    case "headers":
      return control(types[frame.type], frame.fin, [u32(frame.streamId), frame.block]);
    case "reset":
      return control(types.reset, false, [u32(frame.streamId), u32(frame.status)]);
    case "settings":
      return control(types.settings, false, [
        u32(frame.entries.size),
        ...[...frame.entries].flatMap(([id, value]) => [u32(id), u32(value)]),
      ]);
    case "ping":
      return control(types.ping, false, [u32(frame.id)]);
    case "goAway":
      return control(types.goAway, false, [u32(frame.lastStreamId), u32(frame.status)]);
    case "windowUpdate":
      return control(types.windowUpdate, false, [u32(frame.streamId), u32(frame.delta)]);
    default:
      return assertNever(frame);
  }
}

function encodeData(streamId: number, data: Uint8Array, fin: boolean): Uint8Array {
  if (data.byteLength > maxDataBytes) throw new SpdyError(`${data.byteLength} bytes do not fit into one frame`);
  return Buffer.concat([u32(streamId), u32(((fin ? finFlag : 0) << 24) | data.byteLength), data]);
}

function control(type: number, fin: boolean, parts: readonly Uint8Array[]): Uint8Array {
  const payload = Buffer.concat(parts);
  return Buffer.concat([u32(((0x80_00 | version) << 16) | type), u32(((fin ? finFlag : 0) << 24) | payload.byteLength), payload]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Takes bytes as they come and gives the frames they complete; throws SpdyError at the first that can't be one. */
export class FrameParser {
  private rest: Buffer = Buffer.alloc(0);
  /** The data frame that is under way. */
  private open: { readonly streamId: number; readonly fin: boolean; missing: number } | undefined;

  *push(bytes: Uint8Array): Generator<Frame> {
    this.rest = this.rest.byteLength === 0 ? viewOf(bytes) : Buffer.concat([this.rest, bytes]);
    for (;;) {
      const frame = this.open === undefined ? this.head() : this.piece(this.open);
      if (frame === undefined) return;
      yield frame;
    }
  }

  private head(): Frame | undefined {
    if (this.rest.byteLength < headBytes) return undefined;
    const first = this.rest.readUInt32BE(0);
    const fin = ((this.rest[4] ?? 0) & finFlag) !== 0;
    const length = this.rest.readUIntBE(5, 3);
    if (first >>> 31 === 0) {
      this.rest = this.rest.subarray(headBytes);
      const open = { streamId: first, fin, missing: length };
      if (length === 0) return { type: "data", streamId: first, data: new Uint8Array(), fin };
      this.open = open;
      return this.piece(open);
    }
    if (((first >>> 16) & 0x7fff) !== version) throw new SpdyError(`SPDY version ${(first >>> 16) & 0x7fff} is not spoken here`);
    if (length > maxControlBytes) throw new SpdyError(`a control frame of ${length} bytes is more than ${maxControlBytes}`);
    if (this.rest.byteLength < headBytes + length) return undefined;
    const payload = this.rest.subarray(headBytes, headBytes + length);
    this.rest = this.rest.subarray(headBytes + length);
    // A frame of a type unknown is passed over.
    return decodeControl(first & 0xffff, fin, payload) ?? this.head();
  }

  private piece(open: { readonly streamId: number; readonly fin: boolean; missing: number }): Frame | undefined {
    if (this.rest.byteLength === 0) return undefined;
    const data = this.rest.subarray(0, open.missing);
    this.rest = this.rest.subarray(data.byteLength);
    open.missing -= data.byteLength;
    if (open.missing === 0) this.open = undefined;
    return { type: "data", streamId: open.streamId, data, fin: open.fin && open.missing === 0 };
  }
}

/** Bytes of the payload that must be there, by type. */
const leastBytes: Readonly<Record<number, number>> = {
  [types.synStream]: 10,
  [types.synReply]: 4,
  [types.headers]: 4,
  [types.reset]: 8,
  [types.settings]: 4,
  [types.ping]: 4,
  [types.goAway]: 8,
  [types.windowUpdate]: 8,
};

function decodeControl(type: number, fin: boolean, payload: Buffer): Frame | undefined {
  const least = leastBytes[type];
  if (least === undefined) return undefined;
  if (payload.byteLength < least) throw new SpdyError(`a control frame of type ${type} ends after ${payload.byteLength} bytes`);
  const first = payload.readUInt32BE(0);
  const streamId = first & 0x7fff_ffff;
  switch (type) {
    case types.synStream:
      return { type: "synStream", streamId, fin, block: payload.subarray(10) };
    case types.synReply:
      return { type: "synReply", streamId, fin, block: payload.subarray(4) };
    case types.headers:
      return { type: "headers", streamId, fin, block: payload.subarray(4) };
    case types.reset:
      return { type: "reset", streamId, status: payload.readUInt32BE(4) };
    case types.ping:
      return { type: "ping", id: first };
    case types.goAway:
      return { type: "goAway", lastStreamId: streamId, status: payload.readUInt32BE(4) };
    case types.windowUpdate:
      return { type: "windowUpdate", streamId, delta: payload.readUInt32BE(4) & 0x7fff_ffff };
    default:
      return decodeSettings(first, payload);
  }
}

function decodeSettings(count: number, payload: Buffer): Frame {
  if (payload.byteLength !== 4 + count * 8) throw new SpdyError(`${count} settings in ${payload.byteLength} bytes`);
  const entries = new Map<number, number>();
  for (let at = 4; at < payload.byteLength; at += 8) entries.set(payload.readUInt32BE(at) & 0xff_ffff, payload.readUInt32BE(at + 4));
  return { type: "settings", entries };
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
