/** An HTTP server on this machine, for kubectl proxy. */
import { once } from "node:events";
import { rm, stat } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Duplex, Readable } from "node:stream";
import { byteStream, refuseUpgrade, responseHead } from "../../host-node/byteStream.ts";
import type { KubectlHost, LocalAnswer, LocalRequest } from "../../kubectl/host.ts";
import type { ByteStream } from "../../machinery/http.ts";
import { listenProblem } from "./sockets.ts";

const maxBodyBytes = 64 * 1024 * 1024;

export const nodeServe: KubectlHost["serve"] = async (where, handle) => {
  const server = http.createServer((incoming, outgoing) => {
    answer(incoming, outgoing, handle).catch(() => outgoing.destroy());
  });
  server.on("upgrade", (incoming: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(incoming, byteStream(socket, head), socket, handle).catch(() => socket.destroy());
  });
  const socketPath = "path" in where ? where.path : undefined;
  if (socketPath !== undefined && (await isSocket(socketPath))) await rm(socketPath);
  // Only the user may reach it, from its first moment on.
  const mask = socketPath === undefined ? undefined : process.umask(0o077);
  try {
    // Node would call a missing folder a missing permission.
    if (socketPath !== undefined) await stat(dirname(socketPath));
    server.listen("path" in where ? { path: where.path } : { host: where.address, port: where.port });
    await once(server, "listening");
  } catch (error) {
    throw listenProblem(error, "path" in where ? `unix ${where.path}` : `tcp ${where.address}:${where.port}`);
  } finally {
    if (mask !== undefined) process.umask(mask);
  }
  const bound = server.address() as AddressInfo | string;
  return {
    address: typeof bound === "string" ? bound : `${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`,
    async over(signal) {
      if (!signal.aborted) await once(signal, "abort");
      server.close();
      server.closeAllConnections();
    },
  };
};

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    return false;
  }
}

async function answer(
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
  handle: (request: LocalRequest) => Promise<LocalAnswer>,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const body = await bodyOf(incoming);
  const headers = incoming.headers as Record<string, string | undefined>;
  const {
    status,
    headers: answered,
    body: said,
  } = await handle({ method: incoming.method ?? "GET", url: incoming.url ?? "/", headers, body, signal: gone.signal });
  outgoing.writeHead(status, answered);
  if (said instanceof Uint8Array) outgoing.end(said);
  else await pipeline(Readable.from(said), outgoing);
}

/** Hands the connection over once the other side has taken the upgrade; the other answer ends it. */
async function upgrade(
  incoming: http.IncomingMessage,
  near: ByteStream,
  socket: Duplex,
  handle: (request: LocalRequest) => Promise<LocalAnswer>,
): Promise<void> {
  const gone = new AbortController();
  socket.on("close", () => gone.abort());
  const headers = incoming.headers as Record<string, string | undefined>;
  const told = await handle({ method: incoming.method ?? "GET", url: incoming.url ?? "/", headers, signal: gone.signal });
  const { status, upgraded: far } = told;
  if (far === undefined) return await refuseUpgrade(socket, told);
  socket.on("close", () => far.destroy());
  socket.write(responseHead(status, told.headers));
  await Promise.all([pipe(near, far), pipe(far, near)]);
}

async function pipe(from: ByteStream, to: ByteStream): Promise<void> {
  try {
    for await (const data of from.incoming) await to.write(data);
    to.end();
  } catch {
    // Broken off: so is the other side.
    to.destroy();
  }
}

async function bodyOf(incoming: http.IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming) {
    size += (part as Buffer).length;
    if (size > maxBodyBytes) throw new Error("the request is too large");
    parts.push(part as Buffer);
  }
  return size === 0 ? undefined : Buffer.concat(parts);
}
