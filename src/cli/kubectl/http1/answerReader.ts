/** Reads one HTTP/1.1 answer out of a connection's bytes, as they come. Left out: trailers, which nobody here asks for, and upgrades. */
import { assertNever } from "../../../base/assert.ts";

export interface AnswerSink {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  data(part: Uint8Array): void;
  end(): void;
}

/** Of a head, or of a line between chunks. */
const maxPendingBytes = 64 * 1024;

type Step = "head" | "sized" | "untilClosed" | "chunkSize" | "chunk" | "chunkEnd" | "trailer" | "done";

/** With the codes that Node's own client gives. */
function broken(message: string): Error {
  return Object.assign(new Error(`Parse Error: ${message}`), { code: "HPE_INVALID_CONSTANT" });
}

export class AnswerReader {
  private readonly sink: AnswerSink;
  private readonly method: string;
  private step: Step = "head";
  private leftBytes = 0;
  private pending: Buffer = Buffer.alloc(0);
  private keepsOpen = false;

  constructor(method: string, sink: AnswerSink) {
    this.method = method;
    this.sink = sink;
  }

  /** The answer is whole, and the connection may be used for another. */
  get reusable(): boolean {
    return this.step === "done" && this.keepsOpen;
  }

  /** Throws where the bytes are no answer. */
  push(bytes: Buffer): void {
    let input = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    while (input.length > 0) {
      const used = this.take(input);
      if (used === 0) break;
      input = input.subarray(used);
    }
    if (input.length > maxPendingBytes) throw broken("Header overflow");
    this.pending = input;
  }

  /** The peer has ended the connection. Throws where something is missing. */
  closed(): void {
    if (this.step === "untilClosed") return this.finish();
    if (this.step === "done") return;
    const nothing = this.step === "head" && this.pending.length === 0;
    throw Object.assign(new Error(nothing ? "socket hang up" : "aborted"), { code: "ECONNRESET" });
  }

  /** How many of the bytes the present step has used; 0: it needs more. */
  private take(input: Buffer): number {
    switch (this.step) {
      case "head":
        return this.takeHead(input);
      case "untilClosed":
        this.sink.data(input);
        return input.length;
      case "sized":
      case "chunk":
        return this.takeData(input);
      case "chunkEnd":
        if (input.length < 2) return 0;
        if (input.toString("latin1", 0, 2) !== "\r\n") throw broken("Expected LF after chunk data");
        this.step = "chunkSize";
        return 2;
      case "chunkSize":
      case "trailer":
        return this.takeLine(input);
      case "done":
        throw broken("Data after the answer");
      default:
        return assertNever(this.step);
    }
  }

  private takeHead(input: Buffer): number {
    // What can't be the beginning of an answer needs no end to be refused.
    if (!"HTTP/".startsWith(input.toString("latin1", 0, 5))) throw broken("Expected HTTP/");
    const end = input.indexOf("\r\n\r\n");
    if (end < 0) return 0;
    const [first = "", ...lines] = input.toString("latin1", 0, end).split("\r\n");
    const [, minor, code] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
    if (code === undefined) throw broken("Expected HTTP/");
    const status = Number(code);
    // What comes before the answer itself: 100 Continue, 103 Early Hints.
    if (status < 200 && status !== 101) return end + 4;
    const headers = headersOf(lines);
    const wish = headers["connection"]?.toLowerCase() ?? "";
    this.keepsOpen = minor === "1" ? !wish.includes("close") : wish.includes("keep-alive");
    this.sink.head(status, headers);
    this.begin(status, headers);
    return end + 4;
  }

  private begin(status: number, headers: Readonly<Record<string, string>>): void {
    const length = headers["content-length"];
    if (this.method === "HEAD" || status === 101 || status === 204 || status === 304) this.finish();
    else if (headers["transfer-encoding"]?.toLowerCase().endsWith("chunked") === true) this.step = "chunkSize";
    else if (length === undefined) this.step = "untilClosed";
    else if (!/^\d{1,15}$/.test(length)) throw broken("Invalid character in Content-Length");
    else {
      this.leftBytes = Number(length);
      this.step = "sized";
      if (this.leftBytes === 0) this.finish();
    }
  }

  private takeData(input: Buffer): number {
    const part = input.subarray(0, this.leftBytes);
    this.leftBytes -= part.length;
    this.sink.data(part);
    if (this.leftBytes > 0) return part.length;
    if (this.step === "sized") this.finish();
    else this.step = "chunkEnd";
    return part.length;
  }

  private takeLine(input: Buffer): number {
    const end = input.indexOf("\r\n");
    if (end < 0) return 0;
    const line = input.toString("latin1", 0, end);
    if (this.step === "trailer") {
      if (line === "") this.finish();
      return end + 2;
    }
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;|$)/i.exec(line)?.[1];
    if (size === undefined) throw broken("Invalid character in chunk size");
    this.leftBytes = Number.parseInt(size, 16);
    this.step = this.leftBytes === 0 ? "trailer" : "chunk";
    return end + 2;
  }

  private finish(): void {
    this.step = "done";
    this.sink.end();
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw broken("Invalid header token");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
