/**
 * HTTP/1.1 over connections that the caller opens: a transport for short commands, where loading and running Node's own client would take longer than
 * the request. Requests have their whole body; an idle connection is used again.
 */
import type { Duplex } from "node:stream";
import { orAborted } from "../../../client/orAborted.ts";
import type { ApiRequest, ApiResponse } from "../../../machinery/http.ts";
import type { ClosableTransport } from "../../../host-node/closableTransport.ts";
import { AnswerBody } from "./answerBody.ts";
import { AnswerReader } from "./answerReader.ts";
import { Pool } from "./pool.ts";

export interface Http1Server {
  /** The Host header. */
  readonly host: string;
  /** In front of each request's path. */
  readonly prefix: string;
  /** A connection on which requests may be written. */
  open(): Promise<Duplex>;
}

export function http1Transport(server: Http1Server): ClosableTransport {
  const pool = new Pool(() => server.open());
  const never = new AbortController().signal;
  return {
    async transport(request) {
      const text = requestBytes(request, server);
      const { signal = never } = request;
      const ask = (socket: Duplex): Promise<ApiResponse> =>
        exchange(socket, { text, request, signal, release: (free) => pool.release(free) });
      const { socket, used } = await pool.take(signal);
      try {
        return await ask(socket);
      } catch (error) {
        if (!used || !(error instanceof LostConnection) || request.method !== "GET") throw error;
      }
      // The server had enough of the idle connection just then.
      return await ask(await orAborted(pool.another(), signal));
    },
    close: () => pool.close(),
  };
}

/** Before the first byte of an answer. */
class LostConnection extends Error {
  readonly code: string;
  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.code = cause.code ?? "ECONNRESET";
  }
}

interface Exchange {
  readonly text: Buffer;
  readonly request: ApiRequest;
  readonly signal: AbortSignal;
  readonly release: (socket: Duplex) => void;
}

function exchange(socket: Duplex, { text, request, signal, release }: Exchange): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const body = new AnswerBody(socket);
    let head: Omit<ApiResponse, "body"> | undefined;
    let [heard, finished, answered] = [false, false, false];
    const reader = new AnswerReader(request.method, {
      head: (status, headers) => (head = { status, headers }),
      data: (part) => body.push(part),
      end: () => {
        finished = true;
        body.end();
      },
    });
    const leave = (): void => {
      socket.off("data", onData).off("end", onEnd).off("error", fail).off("close", onEnd);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error): void => {
      leave();
      socket.destroy();
      body.end(error);
      reject(heard ? error : new LostConnection(error));
    };
    const onAbort = (): void => {
      heard = true;
      fail(Object.assign(new Error("The operation was aborted", { cause: signal.reason }), { name: "AbortError", code: "ABORT_ERR" }));
    };
    const step = (read: () => void): void => {
      try {
        read();
      } catch (error) {
        return fail(error as Error);
      }
      if (finished) {
        leave();
        if (reader.reusable && !socket.destroyed) release(socket.resume());
        else socket.destroy();
      }
      if (head === undefined || answered) return;
      answered = true;
      resolve({ ...head, body: body.whole() ?? body });
    };
    const onData = (bytes: Buffer): void => {
      heard = true;
      step(() => reader.push(bytes));
    };
    const onEnd = (): void => step(() => reader.closed());
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("data", onData).on("end", onEnd).on("error", fail).on("close", onEnd);
    socket.resume().write(text);
  });
}

function requestBytes({ method, url, headers, body }: ApiRequest, { host, prefix }: Http1Server): Buffer {
  const path = prefix + url;
  if (/[^\x21-\xff]/.test(path)) throw new TypeError("Request path contains unescaped characters");
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (const [name, value] of Object.entries(headers) as [string, string | readonly string[] | undefined][]) {
    for (const one of value === undefined ? [] : [value].flat()) {
      if (/[^\t\x20-\x7e\x80-\xff]/.test(one)) {
        throw Object.assign(new TypeError(`Invalid character in header content ["${name}"]`), { code: "ERR_INVALID_CHAR" });
      }
      head += `${name}: ${one}\r\n`;
    }
  }
  if (body !== undefined || method.startsWith("P")) head += `content-length: ${body?.length ?? 0}\r\n`;
  return Buffer.concat([Buffer.from(`${head}\r\n`, "latin1"), body ?? Buffer.alloc(0)]);
}
