/**
 * How the agent probes its pods: from inside the cluster's network, with the errors worded as Go's client words them, because they end up in events that
 * people and tools read. Upstream: pkg/probe/{http,tcp,grpc}
 */
import * as http from "node:http";
import { connect as connectHttp2 } from "node:http2";
import * as https from "node:https";
import { createConnection } from "node:net";
import type { ProbeDialer } from "../kubelet/ports/probeDialer.ts";

const maxBodyBytes = 10 * 1024;
type HttpRequest = Parameters<ProbeDialer["http"]>[0];

export const nodeProbeDialer: ProbeDialer = { http: probeHttp, tcp: probeTcp, grpc: probeGrpc };

class ProbeError extends Error {
  override readonly name = "ProbeError";
}

function probeHttp(request: HttpRequest): Promise<{ readonly status: number; readonly body: string }> {
  const scheme = request.scheme.toLowerCase();
  const shownHost = `${request.host}:${request.port}`;
  const url = `${scheme}://${shownHost}${request.path}`;
  return new Promise((resolve, reject) => {
    let waitsFor: "connection" | "headers" | "body" = "connection";
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      reject(new ProbeError(`Get ${JSON.stringify(url)}: ${goError(error, shownHost)}`));
    };
    const options: https.RequestOptions = {
      host: request.host,
      port: request.port,
      path: request.path === "" ? "/" : request.path,
      headers: headersOf(request, shownHost),
      // Each probe is a connection of its own: a kept one could stay on a server that no longer accepts.
      agent: false,
      rejectUnauthorized: false,
      setHost: false,
    };
    const outgoing = (scheme === "https" ? https : http).request(options, (response) => {
      waitsFor = "body";
      const chunks: Buffer[] = [];
      let size = 0;
      const done = (): void => {
        clearTimeout(timer);
        response.destroy();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).subarray(0, maxBodyBytes).toString() });
      };
      response.on("data", (data: Buffer) => {
        chunks.push(data);
        size += data.length;
        if (size >= maxBodyBytes) done();
      });
      response.once("end", done);
      response.once("error", fail);
    });
    outgoing.once("socket", (socket) => socket.once("connect", () => (waitsFor = "headers")));
    const timer = setTimeout(() => {
      reject(new ProbeError(timeoutText(waitsFor, url, shownHost)));
      outgoing.destroy();
    }, request.timeoutMs);
    outgoing.once("error", fail);
    outgoing.end();
  });
}

function timeoutText(waitsFor: "connection" | "headers" | "body", url: string, address: string): string {
  if (waitsFor === "body") return "context deadline exceeded (Client.Timeout or context cancellation while reading body)";
  const what = waitsFor === "connection" ? `dial tcp ${address}: i/o timeout` : "context deadline exceeded";
  return `Get ${JSON.stringify(url)}: ${what} (Client.Timeout exceeded while awaiting headers)`;
}

function headersOf(request: HttpRequest, host: string): http.OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = { Host: host, "User-Agent": "kube-probe/1.36", Accept: "*/*", Connection: "close" };
  const seen = new Set<string>();
  for (const { name, value } of request.headers) {
    const given = Object.keys(headers).find((each) => each.toLowerCase() === name.toLowerCase()) ?? name;
    const before = headers[given];
    headers[given] = before !== undefined && seen.has(given) ? [before, value].flat() : value;
    seen.add(given);
    // As upstream: an Accept header with no value takes the default away.
    if (given === "Accept" && value === "") delete headers[given];
  }
  return headers;
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const address = `${host}:${port}`;
    const socket = createConnection({ host, port });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new ProbeError(`dial tcp ${address}: i/o timeout`));
    }, timeoutMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(new ProbeError(goError(error, address)));
    });
  });
}

/** Go's words for what a system call says. */
const systemWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
  EPIPE: "broken pipe",
};

function goError(error: NodeJS.ErrnoException, address: string): string {
  const code = error.code ?? "";
  const words = systemWords[code];
  if (words === undefined) {
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${address.slice(0, address.lastIndexOf(":"))}: no such host`;
    return code === "HPE_INVALID_CONSTANT" || code.startsWith("HPE_")
      ? `net/http: HTTP/1.x transport connection broken: malformed HTTP response`
      : error.message;
  }
  if (error.syscall === "connect") return `dial tcp ${address}: connect: ${words}`;
  return code === "ECONNRESET" && error.syscall === undefined ? "EOF" : `read tcp ${address}: ${error.syscall ?? "read"}: ${words}`;
}

const servingStatus = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** grpc.health.v1.Health/Check over plain HTTP/2: the message has one field each way, so it is written out by hand. */
function probeGrpc(host: string, port: number, service: string, timeoutMs: number): Promise<(typeof servingStatus)[number]> {
  const address = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${address}`);
    const end = (act: () => void): void => {
      clearTimeout(timer);
      session.destroy();
      act();
    };
    const timer = setTimeout(
      () =>
        end(() =>
          reject(
            new ProbeError(
              `timeout: failed to connect service ${JSON.stringify(address)} within ${timeoutMs / 1000}s: context deadline exceeded`,
            ),
          ),
        ),
      timeoutMs,
    );
    session.once("error", (error) =>
      end(() => reject(new ProbeError(`error: failed to connect service ${JSON.stringify(address)}: ${goError(error, address)}`))),
    );
    session.once("connect", () => {
      const chunks: Buffer[] = [];
      let status = "";
      const note = (headers: Record<string, unknown>): void => {
        if (typeof headers["grpc-status"] === "string") status = headers["grpc-status"];
      };
      const stream = session.request({
        ":method": "POST",
        ":path": "/grpc.health.v1.Health/Check",
        "content-type": "application/grpc",
        te: "trailers",
        "user-agent": "kube-probe/1.36",
      });
      stream.on("response", note);
      stream.on("trailers", note);
      stream.on("data", (data: Buffer) => chunks.push(data));
      stream.once("error", (error) => end(() => reject(new ProbeError(`error: health rpc failed: ${error.message}`))));
      stream.once("end", () => setImmediate(() => end(() => answer(Buffer.concat(chunks), status, resolve, reject))));
      stream.end(healthRequest(service));
    });
  });
}

function answer(
  body: Buffer,
  status: string,
  resolve: (status: (typeof servingStatus)[number]) => void,
  reject: (error: Error) => void,
): void {
  if (status === "12")
    return reject(new ProbeError("error: this server does not implement the grpc health protocol (grpc.health.v1.Health)"));
  if (status === "5") return resolve("SERVICE_UNKNOWN");
  if (status !== "" && status !== "0") return reject(new ProbeError(`error: health rpc failed: rpc error: code ${status}`));
  // Field 1, varint: absent means 0.
  const value = body.length >= 7 && body[5] === 0x08 ? (body[6] ?? 0) : 0;
  resolve(servingStatus[value] ?? "UNKNOWN");
}

/** Length-prefixed frame around `string service = 1`. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}
