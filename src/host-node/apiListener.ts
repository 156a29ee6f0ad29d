/**
 * Binds the API server's function to sockets: TLS with HTTP/2 (stream API) and HTTP/1.1, WebSockets for exec and its kin, and plain HTTP/1.1
 * on a Unix socket. Client certificates become the request's identity. Replies over 128 KiB are gzipped when asked for, as upstream does.
 * Upgraded connections (exec, attach, port-forward) go on in upgrades.ts.
 */
import { once } from "node:events";
import { chmodSync } from "node:fs";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import * as tls from "node:tls";
import { createGzip, constants as zlib } from "node:zlib";
import { Readable, type Duplex, type Writable } from "node:stream";
import type { ApiRequest, ApiResponse } from "../machinery/http.ts";
import { pump } from "./pump.ts";
import { type Admission, Upgrades } from "./upgrades.ts";

/** Whom a client certificate names: CN and O. */
export interface CertificateIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface ListenerTarget {
  handle(request: ApiRequest, identity: CertificateIdentity | undefined): Promise<ApiResponse>;
  /** Admits a streaming request, or gives the response that refuses it; the session is run only after the upgrade. */
  connect(request: ApiRequest, identity: CertificateIdentity | undefined): Promise<Admission>;
}

export interface ListenerOptions {
  readonly cert: string;
  readonly key: string;
  /** Who may issue client certificates. */
  readonly clientCa: string;
  /** A longer body is cut one byte behind this; the target answers 413. */
  readonly maxBodyBytes: number;
}

const gzipFromBytes = 128 * 1024;
const maxHeaderBytes = 64 * 1024;
const streamingMethods = new Set(["GET", "HEAD"]);

export class ApiListener implements AsyncDisposable {
  private readonly target: ListenerTarget;
  private readonly options: ListenerOptions;
  private readonly http1: http.Server;
  private readonly http2: http2.Http2Server;
  private readonly secure: tls.Server;
  private readonly upgrades: Upgrades;
  private readonly sockets = new Set<net.Socket>();
  private readonly servers = new Set<net.Server>();

  constructor(target: ListenerTarget, options: ListenerOptions) {
    this.target = target;
    this.options = options;
    this.upgrades = new Upgrades({
      connect: (request, socket) => target.connect(request, identityOf(socket)),
      handle: (request, socket) => target.handle(request, identityOf(socket)),
    });
    this.http1 = http.createServer(
      { maxHeaderSize: maxHeaderBytes, requestTimeout: 0, keepAliveTimeout: 120_000 },
      (request, response) => void this.serveHttp1(request, response),
    );
    this.http1.on(
      "upgrade",
      (request: http.IncomingMessage, socket: Duplex, head: Buffer) => void this.upgrades.serve(request, socket, head),
    );
    this.http2 = http2.createServer({ settings: { maxConcurrentStreams: 250, initialWindowSize: 1024 * 1024 } });
    this.http2.on("stream", (stream, headers) => void this.serveHttp2(stream, headers));
    this.http2.on("sessionError", () => undefined);
    this.secure = tls.createServer(
      {
        cert: options.cert,
        key: options.key,
        ca: options.clientCa,
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2", "http/1.1"],
        noDelay: true,
        minVersion: "TLSv1.2",
      },
      (socket) => (socket.alpnProtocol === "h2" ? this.http2 : this.http1).emit("connection", socket),
    );
    this.secure.on("tlsClientError", () => undefined);
  }

  /** Listens for TLS; resolves with the port. */
  async listenTls(host: string, port: number): Promise<number> {
    const server = net.createServer({ noDelay: true }, (socket) => this.acceptTls(socket));
    server.listen(port, host);
    await this.listening(server);
    return (server.address() as net.AddressInfo).port;
  }

  /** The socket is the user's alone. */
  async listenUnix(path: string): Promise<void> {
    const server = net.createServer((socket) => {
      this.track(socket);
      this.http1.emit("connection", socket);
    });
    server.listen(path);
    await this.listening(server);
    chmodSync(path, 0o600);
  }

  /** Serves TLS on a listener that was opened elsewhere (inside the cluster's network). */
  adopt(server: net.Server): void {
    this.servers.add(server);
    server.on("connection", (socket: net.Socket) => this.acceptTls(socket));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [...this.servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }

  private async listening(server: net.Server): Promise<void> {
    await once(server, "listening");
    this.servers.add(server);
  }

  private acceptTls(socket: net.Socket): void {
    this.track(socket);
    this.secure.emit("connection", socket);
  }

  private track(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.sockets.delete(socket));
  }

  private async serveHttp2(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> {
    const departure = new Departure();
    stream.on("error", () => undefined);
    stream.on("close", () => departure.happen());
    const method = headers[":method"] ?? "GET";
    const body = streamingMethods.has(method) ? undefined : await this.readBody(stream);
    const request = departure.of({ method, url: headers[":path"] ?? "/", headers: headers as Record<string, string | undefined>, body });
    const response = await this.target.handle(request, identityOf(stream.session?.socket));
    if (stream.destroyed) return dropBody(response);
    await sendBody(response, headers["accept-encoding"], stream, (extra) =>
      stream.respond({ ":status": response.status, ...response.headers, ...cookies(response), ...extra }),
    );
  }

  private async serveHttp1(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const departure = new Departure();
    outgoing.on("close", () => departure.happen());
    outgoing.on("error", () => undefined);
    const method = incoming.method ?? "GET";
    const body = streamingMethods.has(method) ? undefined : await this.readBody(incoming);
    const request = departure.of({
      method,
      url: incoming.url ?? "/",
      headers: incoming.headers as Record<string, string | undefined>,
      body,
    });
    const response = await this.target.handle(request, identityOf(incoming.socket));
    if (outgoing.destroyed) return dropBody(response);
    await sendBody(response, incoming.headers["accept-encoding"], outgoing, (extra) => {
      outgoing.writeHead(response.status, { ...response.headers, ...cookies(response), ...extra });
      if (!(response.body instanceof Uint8Array)) outgoing.flushHeaders();
    });
  }

  private async readBody(stream: Readable): Promise<Uint8Array | undefined> {
    const parts: Buffer[] = [];
    let size = 0;
    stream.on("data", (part: Buffer) => {
      if (size <= this.options.maxBodyBytes) parts.push(part);
      size += part.length;
    });
    await untilEnd(stream);
    if (size === 0) return undefined;
    const whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    return whole.subarray(0, this.options.maxBodyBytes + 1);
  }
}

/** The client's going away, as a signal that is made only for who asks: most requests never do, and an aborted one costs a stack trace. */
class Departure {
  private controller: AbortController | undefined;
  private gone = false;

  happen(): void {
    this.gone = true;
    this.controller?.abort();
  }

  of(request: Omit<ApiRequest, "signal">): ApiRequest {
    const signal = (): AbortSignal => this.signal();
    return {
      ...request,
      get signal() {
        return signal();
      },
    };
  }

  private signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.gone && !this.controller.signal.aborted) this.controller.abort();
    return this.controller.signal;
  }
}

function identityOf(socket: Duplex | undefined): CertificateIdentity | undefined {
  if (!(socket instanceof tls.TLSSocket) || !socket.authorized) return undefined;
  const known = socket as tls.TLSSocket & { coxIdentity?: CertificateIdentity };
  if (known.coxIdentity === undefined) {
    const { subject } = socket.getPeerCertificate();
    known.coxIdentity = { commonName: [subject.CN].flat()[0] ?? "", organizations: [subject.O ?? []].flat() };
  }
  return known.coxIdentity;
}

/** Resolves at the end of the stream, or when it breaks. */
async function untilEnd(stream: Readable): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.on("end", resolve);
    stream.on("close", resolve);
    stream.on("error", () => resolve());
  });
}

type Begin = (extraHeaders: Record<string, string | number | string[]>) => void;

async function sendBody(response: ApiResponse, acceptEncoding: string | string[] | undefined, out: Writable, begin: Begin): Promise<void> {
  const { body } = response;
  const mayZip = String(acceptEncoding ?? "").includes("gzip") && response.headers["content-encoding"] === undefined;
  if (body instanceof Uint8Array) {
    if (!mayZip || body.byteLength < gzipFromBytes) {
      begin({ "content-length": body.byteLength });
      out.end(body);
      return;
    }
    begin({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    await pump(Readable.from([body]).pipe(createGzip({ level: zlib.Z_BEST_SPEED })), out);
    return;
  }
  begin({});
  await pump(body, out);
}

function cookies({ cookies: values }: ApiResponse): Record<string, string[]> {
  return values === undefined ? {} : { "set-cookie": [...values] };
}

/** The client has gone before the answer began: let the answer's source know. */
async function dropBody(response: ApiResponse): Promise<void> {
  if (!(response.body instanceof Uint8Array)) await response.body[Symbol.asyncIterator]().return?.();
}
