/** One HTTP/1.1 request on a connection of its own or on one of a pool's, and what became of it. Left out: redirects, retries, cookies. */
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { answerFacts, noFacts, readsBody } from "../../rehearsal/ports/answerFacts.ts";
import type { ConnectionUse, LoadSpec, LoadTarget, Outcome } from "../../rehearsal/ports/load.ts";
import { outcomeOf } from "./outcomes.ts";
import type { Sender, Sent } from "./sender.ts";

interface Opened {
  readonly id: number;
  readonly openedMs: number;
  localPort: number;
  used: boolean;
}

const maxBodyChars = 64 * 1024;
const noConnection: ConnectionUse = { id: 0, reused: false, openedMs: 0, localPort: 0 };

export function httpSender(spec: LoadSpec, target: LoadTarget, now: () => number): Sender {
  return new HttpSender(spec, target, now);
}

class HttpSender implements Sender {
  readonly #spec: LoadSpec;
  readonly #options: http.RequestOptions;
  readonly #request: typeof http.request;
  readonly #newAgent: () => http.Agent;
  readonly #now: () => number;
  readonly #connections = new WeakMap<Socket, Opened>();
  /** Clients that are not busy; the one that has rested longest goes first, so that all of the pool is used. */
  readonly #idle: http.Agent[] = [];
  #lastId = 0;

  constructor(spec: LoadSpec, target: LoadTarget, now: () => number) {
    this.#spec = spec;
    this.#now = now;
    this.#request = target.secure ? https.request : http.request;
    const kind = target.secure ? https.Agent : http.Agent;
    this.#newAgent = () => new kind({ keepAlive: true, maxSockets: 1 });
    this.#options = {
      host: target.host,
      port: target.port,
      method: spec.method,
      path: spec.path,
      headers: { host: target.host, ...spec.headers, ...(spec.body === "" ? {} : { "content-length": Buffer.byteLength(spec.body) }) },
      ...(target.secure ? { rejectUnauthorized: false } : {}),
    };
    for (let i = 0; i < spec.keepAlive; i += 1) this.#idle.push(this.#newAgent());
  }

  async send(): Promise<Sent> {
    if (this.#spec.keepAlive === 0) return this.#sendWith(false);
    const agent = this.#idle.shift() ?? this.#newAgent();
    const sent = await this.#sendWith(agent);
    if (this.#idle.length < this.#spec.keepAlive) this.#idle.push(agent);
    else agent.destroy();
    return sent;
  }

  close(): void {
    for (const agent of this.#idle) agent.destroy();
  }

  #sendWith(agent: http.Agent | false): Promise<Sent> {
    return new Promise((resolve) => {
      let use: ConnectionUse = noConnection;
      let facts = noFacts;
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve({ outcome, connection: use, ...facts });
      };
      const request = this.#request({ ...this.#options, agent }, (response) => {
        let body = "";
        const wanted = readsBody(this.#spec);
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          if (wanted && body.length < maxBodyChars) body += part;
        });
        response.on("error", () => finish({ type: "closed" }));
        response.on("end", () => {
          facts = answerFacts(this.#spec, response.headers, body);
          finish({ type: "answered", status: response.statusCode ?? 0 });
        });
      });
      const timer = setTimeout(() => {
        finish({ type: "timeout" });
        request.destroy();
      }, this.#spec.timeoutMs);
      request.on("socket", (socket) => {
        const opened = this.#opened(socket);
        use = { id: opened.id, reused: opened.used, openedMs: opened.openedMs, localPort: opened.localPort };
        if (opened.localPort === 0) {
          socket.once("connect", () => {
            opened.localPort = socket.localPort ?? 0;
            use = { ...use, localPort: opened.localPort };
          });
        }
        opened.used = true;
      });
      request.on("error", (error: NodeJS.ErrnoException) => finish(outcomeOf(error)));
      request.end(this.#spec.body);
    });
  }

  #opened(socket: Socket): Opened {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    this.#lastId += 1;
    const opened = { id: this.#lastId, openedMs: this.#now(), localPort: socket.localPort ?? 0, used: false };
    this.#connections.set(socket, opened);
    return opened;
  }
}
