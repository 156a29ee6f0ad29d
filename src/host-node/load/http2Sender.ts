/**
 * One HTTP/2 request on a connection of its own or on one of several that are kept, each of which carries many at once; and what became of it. Without
 * TLS by prior knowledge, with TLS by ALPN. A connection that says goodbye (GOAWAY) takes no further request. Left out: server push, retries.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { type AnswerFacts, answerFacts, noFacts, readsBody } from "../../rehearsal/ports/answerFacts.ts";
import type { LoadSpec, LoadTarget, Outcome } from "../../rehearsal/ports/load.ts";
import { outcomeOf } from "./outcomes.ts";
import type { Sender, Sent } from "./sender.ts";

const maxBodyChars = 64 * 1024;
/** These belong to a connection of HTTP/1.1 and must not be sent. */
const connectionHeaders = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"]);

export function http2Sender(spec: LoadSpec, target: LoadTarget, now: () => number): Sender {
  return new Http2Sender(spec, target, now);
}

interface Connection {
  readonly session: ClientHttp2Session;
  readonly id: number;
  readonly openedMs: number;
  used: boolean;
  /** 0 until it is connected. */
  localPort: number;
  /** What ended it; undefined while it is open. */
  error: NodeJS.ErrnoException | undefined;
}

class Http2Sender implements Sender {
  readonly #spec: LoadSpec;
  readonly #authority: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #now: () => number;
  /** The one that was used longest ago goes first. */
  readonly #kept: (Connection | undefined)[];
  readonly #open = new Set<Connection>();
  #lastId = 0;

  constructor(spec: LoadSpec, target: LoadTarget, now: () => number) {
    this.#spec = spec;
    this.#now = now;
    this.#authority = `${target.secure ? "https" : "http"}://${target.host}:${target.port}`;
    const given = Object.entries(spec.headers).filter(([name]) => !connectionHeaders.has(name));
    const host = spec.headers["host"] ?? target.host;
    this.#headers = { ":method": spec.method, ":path": spec.path, ":authority": host, ...Object.fromEntries(given) };
    this.#kept = Array.from({ length: spec.keepAlive }, () => undefined);
  }

  async send(): Promise<Sent> {
    if (this.#spec.keepAlive === 0) {
      const connection = this.#connect();
      const sent = await this.#sendOn(connection);
      connection.session.destroy();
      return sent;
    }
    const known = this.#kept.shift();
    const usable = known !== undefined && !known.session.closed && !known.session.destroyed;
    const connection = usable ? known : this.#connect();
    this.#kept.push(connection);
    return await this.#sendOn(connection);
  }

  close(): void {
    for (const { session } of this.#open) session.destroy();
  }

  #connect(): Connection {
    this.#lastId += 1;
    const session = connect(this.#authority, { rejectUnauthorized: false });
    const connection: Connection = { session, id: this.#lastId, openedMs: this.#now(), used: false, localPort: 0, error: undefined };
    session.on("error", (error) => (connection.error = error));
    // The session's own "connect" comes after the TLS handshake, in which a connection may break already.
    session.socket.once("connect", () => (connection.localPort = session.socket.localPort ?? 0));
    session.once("close", () => this.#open.delete(connection));
    session.on("goaway", () => session.close());
    this.#open.add(connection);
    return connection;
  }

  #sendOn(connection: Connection): Promise<Sent> {
    const reused = connection.used;
    connection.used = true;
    return new Promise((resolve) => {
      const finish = (outcome: Outcome, facts = noFacts): void => {
        clearTimeout(timer);
        const { id, openedMs, localPort } = connection;
        resolve({ outcome, connection: { id, reused, openedMs, localPort }, ...facts });
      };
      const stream = connection.session.request(this.#headers, { endStream: this.#spec.body === "" });
      const timer = setTimeout(() => {
        finish({ type: "timeout" });
        stream.close(constants.NGHTTP2_CANCEL);
      }, this.#spec.timeoutMs);
      if (this.#spec.body !== "") stream.end(this.#spec.body);
      this.#read(stream, connection, finish);
    });
  }

  #read(stream: ClientHttp2Stream, connection: Connection, finish: (outcome: Outcome, facts?: AnswerFacts) => void): void {
    const wanted = readsBody(this.#spec);
    let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    let body = "";
    let ended = false;
    stream.setEncoding("utf8");
    stream.on("response", (received) => (headers = received));
    stream.on("data", (part: string) => {
      if (wanted && body.length < maxBodyChars) body += part;
    });
    stream.on("end", () => (ended = true));
    // A stream that goes with its connection names the connection's own failure as the cause.
    stream.on("error", (error) => (connection.error ??= error.cause instanceof Error ? error.cause : error));
    stream.on("close", () => {
      const status = headers[":status"];
      if (ended && status !== undefined && stream.rstCode === constants.NGHTTP2_NO_ERROR) {
        finish({ type: "answered", status }, answerFacts(this.#spec, headers, body));
      } else finish(connection.error === undefined ? { type: "closed" } : outcomeOf(connection.error));
    });
  }
}
