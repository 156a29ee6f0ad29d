/** An API server in memory for tests, and the short ways to talk to it. */
import { kinds } from "../../src/api/registry.ts";
import { createApiServer } from "../../src/apiserver/apiServer.ts";
import type { ApiServer, ApiServerOptions } from "../../src/apiserver/apiServer.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRng, uidsFrom } from "../../src/base/rng.ts";
import type { ApiRequest, ApiResponse } from "../../src/machinery/http.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { virtualClock } from "../../src/testing/virtualClock.ts";
import type { VirtualClock } from "../../src/testing/virtualClock.ts";

export const admin = { commonName: "kubernetes-admin", organizations: ["system:masters"] };

export const testVersion = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3",
  gitCommit: "0000000",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
};

/** What came back, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Parsed, where it is JSON. Untyped on purpose: tests look into it. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface TestServer extends AsyncDisposable {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly log: string[];
  send(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  raw(request: Partial<ApiRequest> & { url: string }): Promise<ApiResponse>;
  /** As a stream, to be read event by event. */
  watch(url: string, headers?: Record<string, string>): Promise<WatchReader>;
}

export async function testServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const clock = virtualClock();
  const store = options.store ?? memoryStore();
  const rng = seededRng(1);
  const lines: string[] = [];
  const log = { ...silentLog, error: (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`) };
  const server = createApiServer({ store, kinds, clock, rng, uids: uidsFrom(rng), log, version: testVersion, ...options });
  await server.ready;
  const raw = (request: Partial<ApiRequest> & { url: string }): Promise<ApiResponse> =>
    server.handle({ method: "GET", headers: {}, ...request }, admin);
  return {
    server,
    clock,
    store,
    log: lines,
    raw,
    async send(method, url, body, headers = {}) {
      const bytes = body instanceof Uint8Array ? body : body === undefined ? undefined : new TextEncoder().encode(textOf(body));
      const type = bytes === undefined ? {} : { "content-type": "application/json" };
      return await readAnswer(await raw({ method, url, headers: { ...type, ...headers }, body: bytes }));
    },
    async watch(url, headers = {}) {
      return new WatchReader(await raw({ url, headers }));
    },
    async [Symbol.asyncDispose]() {
      if (lines.length > 0) throw new Error(`the server logged errors: ${lines.join("\n")}`);
      await server[Symbol.asyncDispose]();
      if (options.store === undefined) await store[Symbol.asyncDispose]();
    },
  };
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

export async function readAnswer(response: ApiResponse): Promise<Answer> {
  const parts: Uint8Array[] = [];
  if (response.body instanceof Uint8Array) parts.push(response.body);
  else for await (const part of response.body) parts.push(part);
  const text = Buffer.concat(parts).toString();
  const json = response.headers["content-type"]?.includes("json") && text !== "";
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

/** Reads a watch one event at a time. */
export class WatchReader {
  readonly response: ApiResponse;
  private readonly source: AsyncIterator<Uint8Array>;
  private rest = "";

  constructor(response: ApiResponse) {
    this.response = response;
    if (response.body instanceof Uint8Array) throw new Error(`not a watch: ${Buffer.from(response.body).toString()}`);
    this.source = response.body[Symbol.asyncIterator]();
  }

  /** The next event, or undefined at the end. */
  // oxlint-disable-next-line typescript/no-explicit-any
  async next(): Promise<any> {
    for (;;) {
      const end = this.rest.indexOf("\n");
      if (end >= 0) {
        const line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 1);
        return JSON.parse(line);
      }
      const { done, value } = await this.source.next();
      if (done === true) return undefined;
      this.rest += Buffer.from(value).toString();
    }
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  async take(count: number): Promise<any[]> {
    const events = [];
    for (let i = 0; i < count; i += 1) events.push(await this.next());
    return events;
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }
}
