/** kubectl's streams on a Node process. */
import { once } from "node:events";
import type { Input, Output } from "../../kubectl/host.ts";
import { openedStream, type OutputDescriptor, plainBytes, writePlain } from "../outputStreams.ts";

/**
 * A terminal is written to by Node's stream; a file, or a pipe's first bytes, as they are: Node's streams bring its network code along, a tenth of a
 * short command's time.
 */
export function nodeOutput(descriptor: OutputDescriptor): Output {
  let plainLeft = plainBytes(descriptor);
  const isTerminal = plainLeft === 0 && openedStream(descriptor).isTTY;
  return {
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      plainLeft -= bytes.byteLength;
      const rest = plainLeft > 0 ? writePlain(descriptor, bytes) : bytes;
      if (rest.byteLength === 0) return;
      plainLeft = 0;
      openedStream(descriptor).write(rest);
    },
    async drained() {
      if (plainLeft <= 0 && openedStream(descriptor).writableNeedDrain) await once(openedStream(descriptor), "drain");
    },
    isTerminal,
    size: () => {
      if (!isTerminal) return undefined;
      const { columns, rows } = openedStream(descriptor);
      return { columns, rows };
    },
    onResize(callback) {
      if (isTerminal) openedStream(descriptor).on("resize", callback);
      return { [Symbol.dispose]: () => void (isTerminal && openedStream(descriptor).off("resize", callback)) };
    },
  };
}

/** Its stream is opened at the first use. */
export function nodeInput(stdin: () => NodeJS.ReadStream): Input {
  let kept: Buffer = Buffer.alloc(0);
  let chunks: AsyncIterator<Buffer> | undefined;
  const next = async (): Promise<Buffer | undefined> => {
    chunks ??= (stdin() as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const { value, done } = await chunks.next();
    return done === true ? undefined : value;
  };
  return {
    get isTerminal() {
      return stdin().isTTY;
    },
    async readAll() {
      const parts = [kept];
      for (let part = await next(); part !== undefined; part = await next()) parts.push(part);
      kept = Buffer.alloc(0);
      return Buffer.concat(parts);
    },
    async *stream() {
      if (kept.length > 0) yield kept;
      for (let part = await next(); part !== undefined; part = await next()) yield part;
    },
    async readLine() {
      for (;;) {
        const end = kept.indexOf("\n");
        if (end >= 0) {
          const line = kept.toString("utf8", 0, end);
          kept = kept.subarray(end + 1);
          return line.replace(/\r$/, "");
        }
        const part = await next();
        if (part === undefined) {
          const rest = kept.toString("utf8");
          kept = Buffer.alloc(0);
          return rest === "" ? undefined : rest;
        }
        kept = Buffer.concat([kept, part]);
      }
    },
    raw() {
      stdin().setRawMode(true);
      return { [Symbol.dispose]: () => void stdin().setRawMode(false) };
    },
    close: () => void stdin().destroy(),
  };
}
