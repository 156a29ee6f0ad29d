/**
 * The records in which an API request travels: plain objects, the same for a socket, a Unix socket and a
 * function call in process. Header names are lower case. Neighbours: client/transport, apiserver/server.
 */
export interface ApiRequest {
  readonly method: string;
  /** Path with its query string, e.g. `/api/v1/namespaces/default/pods?limit=500`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body; absent where there is none. */
  readonly body?: Uint8Array | undefined;
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Values of `set-cookie`, of which each is a header of its own. */
  readonly cookies?: readonly string[] | undefined;
  /** Bytes at once, or a stream (watch, log follow, large list). Dropping the iterator ends the request. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** With status 101: the connection from there on. Where the transport can, and the request asked for it. */
  readonly upgraded?: ByteStream | undefined;
}

/** Bytes both ways. */
export interface ByteStream {
  readonly incoming: AsyncIterable<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
  /** Half-close: nothing more is written. */
  end(): void;
  destroy(): void;
}

/** Headers of one connection, which a proxy doesn't pass on. */
export const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** How a client reaches an API server: a socket in Node, a function call in a browser tab. */
export type Transport = (request: ApiRequest) => Promise<ApiResponse>;

/**
 * A bidirectional byte session behind exec, attach and port-forward, independent of WebSocket or SPDY.
 * Channels are upstream's: 0 stdin, 1 stdout, 2 stderr, 3 error (Status JSON), 4 resize; for port-forward the
 * channels of one connection are 0 data and 1 error.
 */
export interface StreamSession {
  /** Frames from the peer; ends when the peer closes. A `null` payload is the half-close of that channel. */
  readonly incoming: AsyncIterable<StreamFrame>;
  /** Resolves when the transport took it (back-pressure). */
  send(frame: StreamFrame): Promise<void>;
  /** Ends the session in both directions; idempotent. */
  close(): void;
}
export interface StreamFrame {
  readonly channel: number;
  readonly data: Uint8Array | null;
}
