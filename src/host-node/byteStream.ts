/** A socket as a ByteStream, and a whole answer on a socket that was to be upgraded. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { ApiResponse, ByteStream } from "../machinery/http.ts";
import { writeAll } from "./runtime/writeAll.ts";

/** `head`: what came together with the upgrade. */
export function byteStream(socket: Duplex, head?: Uint8Array): ByteStream {
  socket.on("error", () => undefined);
  if (head !== undefined && head.byteLength > 0) socket.unshift(head);
  return {
    // The end of what comes in is a half-close: the answer may still be on its way out.
    incoming: socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    write: (data) => writeAll(socket, data),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

/** Tells it instead of the upgrade, and ends the connection. */
export async function refuseUpgrade(socket: Duplex, { status, headers, body }: ApiResponse): Promise<void> {
  const parts: Uint8Array[] = [];
  if (body instanceof Uint8Array) parts.push(body);
  else for await (const part of body) parts.push(part);
  const whole = Buffer.concat(parts);
  const told = { ...headers, "content-length": String(whole.byteLength), connection: "close" };
  socket.write(responseHead(status, told));
  socket.end(whole);
}

export function responseHead(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n`;
}
