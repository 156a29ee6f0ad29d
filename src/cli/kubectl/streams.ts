/** kubectl's streams on a Node process. */
import { once } from "node:events";
import type { Input, Output } from "../../kubectl/host.ts";

export function nodeOutput(stream: NodeJS.WriteStream): Output {
  return {
    write: (data) => void stream.write(data),
    async drained() {
      if (stream.writableNeedDrain) await once(stream, "drain");
    },
    isTerminal: stream.isTTY,
    size: () => (stream.isTTY ? { columns: stream.columns, rows: stream.rows } : undefined),
    onResize(callback) {
      stream.on("resize", callback);
      return { [Symbol.dispose]: () => void stream.off("resize", callback) };
    },
  };
}

export function nodeInput(stream: NodeJS.ReadStream): Input {
  let kept: Buffer = Buffer.alloc(0);
  let chunks: AsyncIterator<Buffer> | undefined;
  const next = async (): Promise<Buffer | undefined> => {
    chunks ??= (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const { value, done } = await chunks.next();
    return done === true ? undefined : value;
  };
  return {
    get isTerminal() {
      return stream.isTTY;
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
      stream.setRawMode(true);
      return { [Symbol.dispose]: () => void stream.setRawMode(false) };
    },
    close: () => void stream.destroy(),
  };
}
