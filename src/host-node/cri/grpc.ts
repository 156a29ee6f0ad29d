/**
 * A gRPC client for one Unix socket, over Node's own HTTP/2: unary calls and streams of answers, with deadlines. A connection is made when it is needed
 * and made anew when it broke. Left out: compression, client streams, retries. Upstream: github.com/grpc/grpc/doc/PROTOCOL-HTTP2.md
 */
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { createConnection } from "node:net";
import { decode, type Draft, encode, type Message } from "./codec.ts";

/** The numbers of gRPC's status codes that are looked at. */
export const grpcCodes = { deadlineExceeded: 4, notFound: 5, unimplemented: 12, unavailable: 14 } as const;

/** Says what upstream's client says: `rpc error: code = NotFound desc = ...`. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  /** What the server said, without the code. */
  readonly description: string;
  constructor(code: number, description: string) {
    super(`rpc error: code = ${codeNames[code] ?? `Code(${code})`} desc = ${description}`);
    this.code = code;
    this.description = description;
  }
}

const codeNames: Readonly<Record<number, string>> = {
  1: "Canceled",
  2: "Unknown",
  3: "InvalidArgument",
  4: "DeadlineExceeded",
  5: "NotFound",
  6: "AlreadyExists",
  7: "PermissionDenied",
  8: "ResourceExhausted",
  9: "FailedPrecondition",
  10: "Aborted",
  11: "OutOfRange",
  12: "Unimplemented",
  13: "Internal",
  14: "Unavailable",
  15: "DataLoss",
  16: "Unauthenticated",
};

export interface Method<Request extends object, Response extends object> {
  /** E.g. `/runtime.v1.RuntimeService/Version`. */
  readonly path: string;
  readonly request: Message<Request>;
  readonly response: Message<Response>;
}

export interface CallOptions {
  /** Default: two minutes, as the kubelet's. 0: none. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const defaultTimeoutMs = 120_000;
const maxMessageBytes = 16 * 1024 * 1024;
const headBytes = 5;

export class GrpcChannel implements Disposable {
  readonly #socketPath: string;
  #session: ClientHttp2Session | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** One answer. Rejects with GrpcError. */
  async call<Request extends object, Response extends object>(
    method: Method<Request, Response>,
    request: Draft<Request>,
    options: CallOptions = {},
  ): Promise<Response> {
    for await (const answer of this.stream(method, request, { timeoutMs: defaultTimeoutMs, ...options })) return answer;
    throw new GrpcError(13, "the server gave no answer");
  }

  /** Answers until the server ends the stream. Throws GrpcError. */
  async *stream<Request extends object, Response extends object>(
    { path, request: requestType, response }: Method<Request, Response>,
    request: Draft<Request>,
    { timeoutMs = 0, signal }: CallOptions = {},
  ): AsyncGenerator<Response> {
    const call = new Call(this.#open(), path, timeoutMs);
    const abort = (): void => call.cancel();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      for await (const body of call.run(encode(requestType, request))) yield decode(response, body);
    } finally {
      signal?.removeEventListener("abort", abort);
      call.cancel();
    }
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    const known = this.#session;
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const path = this.#socketPath;
    const session = connect("http://localhost", { createConnection: () => createConnection({ path }) });
    this.#session = session;
    // Each call is told of it by its own stream.
    session.on("error", () => undefined);
    session.on("goaway", () => session.close());
    session.on("connect", () => session.setLocalWindowSize(maxMessageBytes));
    return session;
  }
}

class Call {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #timer: NodeJS.Timeout | undefined;
  #failure: GrpcError | undefined;
  #trailers: IncomingHttpHeaders = {};
  #httpStatus = 200;

  constructor(session: ClientHttp2Session, path: string, timeoutMs: number) {
    this.#session = session;
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "coxswain",
      ...(timeoutMs > 0 ? { "grpc-timeout": `${Math.ceil(timeoutMs)}m` } : {}),
    });
    this.#stream = stream;
    stream.on("response", (headers) => {
      this.#httpStatus = headers[":status"] ?? 200;
      if (headers["grpc-status"] !== undefined) this.#trailers = headers;
    });
    stream.on("trailers", (headers) => (this.#trailers = headers));
    stream.on("error", () => undefined);
    const broken = (error: Error): void => this.#fail(14, `connection error: ${error.message}`);
    session.once("error", broken);
    stream.once("close", () => session.off("error", broken));
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#fail(grpcCodes.deadlineExceeded, "context deadline exceeded"), timeoutMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    if (!this.#stream.closed) this.#stream.close(8);
  }

  async *run(body: Uint8Array): AsyncGenerator<Uint8Array> {
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(body.byteLength, 1);
    this.#stream.end(Buffer.concat([head, body]));
    try {
      yield* framesOf(this.#stream);
    } catch (error) {
      throw this.#failure ?? (error instanceof GrpcError ? error : new GrpcError(grpcCodes.unavailable, textOf(error)));
    } finally {
      clearTimeout(this.#timer);
    }
    // The trailers may come after the end of the body.
    if (this.#trailers["grpc-status"] === undefined && !this.#stream.closed) await once(this.#stream, "close").catch(() => undefined);
    this.#judge();
  }

  /** Once the stream has ended: how it went. */
  #judge(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const status = this.#trailers["grpc-status"];
    if (status === undefined) {
      if (this.#httpStatus !== 200) throw new GrpcError(2, `unexpected HTTP status code received from server: ${this.#httpStatus}`);
      const reason = this.#session.destroyed ? "the connection is gone" : "server closed the stream without sending trailers";
      throw new GrpcError(grpcCodes.unavailable, reason);
    }
    if (status === "0") return;
    const said = this.#trailers["grpc-message"];
    throw new GrpcError(Number(status), percentDecoded(typeof said === "string" ? said : ""));
  }

  #fail(code: number, description: string): void {
    this.#failure ??= new GrpcError(code, description);
    this.#stream.destroy();
  }
}

/** Takes the messages out of a body: each has a flag and its length before it. */
async function* framesOf(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= headBytes) {
      const length = rest.readUInt32BE(1);
      if (rest[0] !== 0) throw new GrpcError(12, "compressed messages are not understood");
      if (length > maxMessageBytes) throw new GrpcError(8, `received message larger than max (${length} vs. ${maxMessageBytes})`);
      if (rest.length < headBytes + length) break;
      yield rest.subarray(headBytes, headBytes + length);
      rest = rest.subarray(headBytes + length);
    }
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Undefined for what the server doesn't know. */
export async function ignoringMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof GrpcError && error.code === grpcCodes.notFound) return undefined;
    throw error;
  }
}
