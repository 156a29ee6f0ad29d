/**
 * Requests to the API server as kubectl's verbs make them: any path, JSON both ways, failures as ApiError with its Status (or made up
 * from the answer, as client-go does), warnings of the server told once each.
 * Upstream: client-go/rest/request.go, apimachinery/pkg/api/errors (NewGenericServerResponse)
 */
import { readAll } from "../client/jsonLines.ts";
import { withQuery } from "../client/resourcePath.ts";
import { watchEvents } from "../client/watchStream.ts";
import type { WatchEvent } from "../client/client.ts";
import { type ApiRequest, type ApiResponse, connectionHeaders } from "../machinery/http.ts";
import { ApiError } from "../machinery/status.ts";
import { genericFailure } from "./genericFailure.ts";
import { KubectlError, NoAnswer } from "./errors.ts";
import { type ClientSession, type Connection, ConnectError, type PortTunnel, UpgradeRefused } from "./host.ts";
import type { Access } from "./kubeconfig/access.ts";
import type { Unstructured } from "./resources/unstructured.ts";

export interface Call {
  /** Default GET. */
  readonly method?: string;
  /** Path below the server, e.g. `/api/v1/namespaces/default/pods/web`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON; or bytes as they are. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** The answer isn't read as an object, and a refusal is told by its code alone. */
  readonly raw?: boolean;
}

export interface Api {
  readonly server: string;
  /** The answer of a request that succeeded. Throws ApiError or NoAnswer. */
  send(call: Call): Promise<ApiResponse>;
  json(call: Call): Promise<unknown>;
  object(call: Call): Promise<Unstructured>;
  text(call: Call): Promise<string>;
  /** Events of a watch until it ends or is aborted. */
  watch(call: Call, signal: AbortSignal): AsyncIterable<WatchEvent<Unstructured>>;
  /** A session of exec or attach over a WebSocket. */
  upgrade(call: Call, protocols: readonly string[]): Promise<ClientSession>;
  forward(call: Call): Promise<PortTunnel>;
  /** Somebody else's request as the user's own, and its answer whatever it is. */
  pass(request: ApiRequest): Promise<ApiResponse>;
  close(): void;
}

export interface ApiOptions {
  readonly userAgent: string;
  warn(text: string): void;
  readonly signal: AbortSignal;
  /** Ends a request, after `ms`, with the error given. */
  after(ms: number, then: () => void): Disposable;
}

export function createApi(access: Access, options: ApiOptions): Api {
  const caller = new Caller(access, options);
  return {
    server: access.server,
    send: (call) => caller.send(call),
    json: async (call) => JSON.parse(await caller.text(call)) as unknown,
    object: async (call) => JSON.parse(await caller.text(call)) as Unstructured,
    text: (call) => caller.text(call),
    watch: (call, signal) => caller.watch(call, signal),
    upgrade: (call, protocols) => caller.upgrading(call, (connection, request) => connection.upgrade(request, protocols)),
    pass: (request) => caller.pass(request),
    forward: (call) => caller.upgrading(call, (connection, request) => connection.forward(request)),
    close: () => caller.close(),
  };
}

class Caller {
  private readonly access: Access;
  private readonly options: ApiOptions;
  private readonly warned = new Set<string>();
  private closed: (() => void) | undefined;

  constructor(access: Access, options: ApiOptions) {
    this.access = access;
    this.options = options;
  }

  async send(call: Call): Promise<ApiResponse> {
    const response = await this.exchange(call);
    this.tellWarnings(response);
    if (response.status >= 200 && response.status < 300) return response;
    throw await asFailure(response, call);
  }

  async text(call: Call): Promise<string> {
    return new TextDecoder().decode(await readAll((await this.send(call)).body));
  }

  async *watch(call: Call, signal: AbortSignal): AsyncGenerator<WatchEvent<Unstructured>> {
    const response = await this.send({ ...call, signal });
    yield* watchEvents<Unstructured>(response.body, signal);
  }

  async upgrading<T>(call: Call, upgrade: (connection: Connection, request: ApiRequest) => Promise<T>): Promise<T> {
    const connection = await this.connection();
    const headers = { ...(await this.access.headers()), "user-agent": this.options.userAgent };
    const url = urlOf(call);
    try {
      return await upgrade(connection, { method: "GET", url, headers, signal: this.options.signal });
    } catch (error) {
      if (error instanceof ConnectError) throw new NoAnswer("GET", this.access.server + url, error);
      if (!(error instanceof UpgradeRefused)) throw error;
      throw new KubectlError(`unable to upgrade connection: ${refusalText(error.body)}`);
    }
  }

  async pass(request: ApiRequest): Promise<ApiResponse> {
    const connection = await this.connection();
    const { upgrade } = request.headers;
    const kept = upgrade === undefined ? {} : { connection: "Upgrade", upgrade };
    const headers = { ...withoutHopHeaders(request.headers), ...kept, ...(await this.access.headers()) };
    const answer = await connection.transport({ ...request, headers });
    return answer.upgraded === undefined ? { ...answer, headers: withoutHopHeaders(answer.headers) } : answer;
  }

  close(): void {
    this.closed?.();
  }

  private async exchange(call: Call): Promise<ApiResponse> {
    const url = urlOf(call);
    const method = call.method ?? "GET";
    const body = call.body === undefined ? undefined : bytesOf(call.body);
    const limit = new AbortController();
    const timer =
      this.access.timeoutMs > 0 ? this.options.after(this.access.timeoutMs, () => limit.abort(new Error("timeout"))) : undefined;
    const signals = [this.options.signal, limit.signal, ...(call.signal === undefined ? [] : [call.signal])];
    try {
      const headers: Record<string, string> = {
        ...(await this.access.headers()),
        accept: call.accept ?? "application/json",
        "user-agent": this.options.userAgent,
        ...(body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      };
      const connection = await this.connection();
      return await connection.transport({ method, url, headers, body, signal: AbortSignal.any(signals) });
    } catch (error) {
      const cause = limit.signal.aborted
        ? new ConnectError("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
        : error;
      if (cause instanceof ConnectError) throw new NoAnswer(method, this.access.server + url, cause);
      throw cause;
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  private async connection(): ReturnType<Access["connection"]> {
    const connection = await this.access.connection();
    this.closed = () => connection.close();
    return connection;
  }

  private tellWarnings(response: ApiResponse): void {
    const header = response.headers["warning"];
    if (header === undefined) return;
    for (const [, quoted = ""] of header.matchAll(/\b299 (?:[^\s"]+|"[^"]*") "((?:[^"\\]|\\.)*)"/g)) {
      const text = quoted.replaceAll(/\\(.)/g, "$1");
      if (this.warned.has(text)) continue;
      this.warned.add(text);
      this.options.warn(text);
    }
  }
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

function urlOf({ path, query }: Call): string {
  const parts: string[] = [];
  // Sorted, as Go writes query strings.
  for (const name of Object.keys(query ?? {}).sort()) {
    const value = query?.[name];
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value as readonly string[]) parts.push(withQuery("", { [name]: one }).slice(1));
    else parts.push(withQuery("", { [name]: value as string | number | boolean }).slice(1));
  }
  if (parts.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${parts.join("&")}`;
}

/** The Status of a refused request, or one made up from its code as client-go does. */
async function asFailure(response: ApiResponse, call: Call): Promise<Error> {
  const text = new TextDecoder().decode(await readAll(response.body));
  try {
    const status = JSON.parse(text) as ApiError["status"];
    if (status.kind === "Status" && call.raw !== true) return new ApiError({ ...status, code: status.code ?? response.status });
  } catch {
    // No Status: told by its code below.
  }
  const type = response.headers["content-type"] ?? "";
  const plain = type === "" || type.startsWith("text/");
  return genericFailure({ code: response.status, method: call.method ?? "GET", path: call.path, text: plain ? text.trim() : undefined });
}

/** Of a refused upgrade only the message is told. */
function refusalText(body: Uint8Array): string {
  const text = new TextDecoder().decode(body).trim();
  try {
    const { kind, message } = JSON.parse(text) as { readonly kind?: unknown; readonly message?: unknown };
    return kind === "Status" && typeof message === "string" ? message : text;
  } catch {
    return text;
  }
}

/** Without what concerns one connection only, not the request. */
function withoutHopHeaders<T extends string | undefined>(headers: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "host" && !connectionHeaders.has(name)));
}
