/** HTTP/1.1 and HTTP/2 with prior knowledge on one port without TLS: the first bytes of a connection tell which. Left out: the Upgrade header's way. */
import { createServer as createHttp1, type IncomingMessage, type Server as Http1Server, type ServerResponse } from "node:http";
import {
  createServer as createHttp2,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { createServer, type Server, type Socket } from "node:net";

export type Answer = ServerResponse | Http2ServerResponse;
type Handler = (request: IncomingMessage | Http2ServerRequest, response: Answer) => void;

const preface = Buffer.from("PRI * HTTP/2.0");

export class TwoProtocols {
  readonly sockets: Set<Socket> = new Set();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #listener: Server;
  #saysGoodbye = false;

  /** `onClosed`: a connection ended. */
  constructor(handler: Handler, onClosed: () => void) {
    this.#http1 = createHttp1((request, response) => {
      handler(request, response);
    });
    this.#http1.keepAliveTimeout = 60_000;
    this.#http2 = createHttp2(handler);
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
    this.#listener = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => {
        this.sockets.delete(socket);
        onClosed();
      });
      this.#route(socket);
    });
  }

  listen(
    options: { readonly host: string; readonly port: number; readonly backlog: number },
    then: () => void,
    failed: (error: Error) => void,
  ): void {
    this.#listener.once("error", failed);
    this.#listener.listen(options, then);
  }

  /** No new connections; those that are open stay. */
  stopListening(): void {
    this.#listener.close();
  }

  /** Each connection ends with its next answer, and the client is told. */
  sayGoodbye(): void {
    this.#saysGoodbye = true;
    for (const session of this.#sessions) session.close();
  }

  closeIdle(): void {
    this.sayGoodbye();
    this.#http1.closeIdleConnections();
  }

  /** To be called before an answer is begun. */
  beforeAnswer(response: Answer): void {
    if (this.#saysGoodbye && "shouldKeepAlive" in response) response.shouldKeepAlive = false;
  }

  #route(socket: Socket): void {
    socket.once("readable", () => {
      const start: Buffer | null = socket.read();
      if (start === null) {
        socket.destroy();
        return;
      }
      socket.unshift(start);
      const isHttp2 = start.subarray(0, preface.length).equals(preface.subarray(0, start.length));
      (isHttp2 ? this.#http2 : this.#http1).emit("connection", socket);
    });
  }
}
