/** Newline-delimited JSON out of byte chunks: a watch response. Chunks may break anywhere, also inside a character. */
const newline = 0x0a;
/** A line longer than this is a broken peer, not an object (objects are limited to a few MB). */
const maxLineBytes = 64 * 1024 * 1024;

/** Cuts bytes into lines; decodes a line only when it is whole, so a character is never split. */
export class LineSplitter {
  private parts: Uint8Array[] = [];
  private pendingBytes = 0;

  /** The lines that this chunk completes, without their newline; blank ones are left out. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.keep(chunk.subarray(start, end));
      const line = this.take();
      if (line.trim() !== "") lines.push(line);
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    if (this.pendingBytes > maxLineBytes) throw new Error(`a line of the response exceeds ${maxLineBytes} bytes`);
    return lines;
  }

  /** What came after the last newline. */
  rest(): string {
    return this.take().trim();
  }

  private keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.parts.push(part);
    this.pendingBytes += part.length;
  }

  private take(): string {
    const bytes = joinBytes(this.parts, this.pendingBytes);
    this.parts = [];
    this.pendingBytes = 0;
    return new TextDecoder().decode(bytes);
  }
}

function joinBytes(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A whole body, whichever way it comes. */
export async function readAll(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of body) {
    parts.push(part);
    sizeBytes += part.length;
  }
  return joinBytes(parts, sizeBytes);
}
