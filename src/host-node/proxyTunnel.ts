/** A connection to a server through a proxy: CONNECT of an http or https proxy, or SOCKS5. Left out: SOCKS5 with a password. */
import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { withoutBrackets } from "../base/urlHost.ts";

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** What the proxy answered instead of a connection. */
export class ProxyRefusal extends Error {
  override readonly name = "ProxyRefusal";
  readonly code = "PROXY_REFUSED";
}

const maxAnswerBytes = 64 * 1024;

export async function openTunnel(proxyUrl: string, destination: Destination): Promise<net.Socket> {
  const proxy = new URL(proxyUrl);
  const socket = await dial(proxy);
  try {
    await (proxy.protocol === "socks5:" ? askSocks(socket, destination) : askConnect(socket, proxy, destination));
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function dial({ protocol, hostname, port }: URL): Promise<net.Socket> {
  const usual = { "https:": 443, "socks5:": 1080 }[protocol] ?? 80;
  const to = { host: withoutBrackets(hostname), port: port === "" ? usual : Number(port) };
  const secure = protocol === "https:";
  const socket = secure ? tls.connect({ ...to, servername: net.isIP(to.host) > 0 ? "" : to.host }) : net.connect(to);
  await once(socket, secure ? "secureConnect" : "connect");
  return socket;
}

async function askConnect(socket: net.Socket, { username, password }: URL, { host, port }: Destination): Promise<void> {
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const login =
    username === "" ? [] : [`Proxy-Authorization: Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`];
  socket.write([`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...login, "", ""].join("\r\n"));
  const head = (await readUntil(socket, headEnd)).toString("latin1");
  const [, status, text = ""] = /^HTTP\/1\.\d (\d{3}) ?([^\r\n]*)/.exec(head) ?? [];
  if (status !== "200") throw new ProxyRefusal(text === "" ? `malformed HTTP response "${head.split("\r\n")[0] ?? ""}"` : text);
}

function headEnd(bytes: Buffer): number | undefined {
  const at = bytes.indexOf("\r\n\r\n");
  return at < 0 ? undefined : at + 4;
}

async function askSocks(socket: net.Socket, { host, port }: Destination): Promise<void> {
  socket.write(Uint8Array.of(5, 1, 0));
  const [, method] = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : undefined));
  if (method !== 0) throw new ProxyRefusal("no acceptable authentication methods");
  const name = Buffer.from(host);
  socket.write(Buffer.concat([Uint8Array.of(5, 1, 0, 3, name.length), name, Uint8Array.of(port >> 8, port & 0xff)]));
  const answer = await readUntil(socket, socksAnswerEnd);
  if (answer[1] !== 0) throw new ProxyRefusal(`socks connect tcp: ${socksReasons[answer[1] ?? 1] ?? "unknown code"}`);
}

const socksReasons = [
  "succeeded",
  "general SOCKS server failure",
  "connection not allowed by ruleset",
  "network unreachable",
  "host unreachable",
  "connection refused",
];

/** Version, code, reserved, and an address of one of three sorts with its port. */
function socksAnswerEnd(bytes: Buffer): number | undefined {
  if (bytes.length < 5) return undefined;
  const addressBytes = bytes[3] === 1 ? 4 : bytes[3] === 4 ? 16 : (bytes[4] ?? 0) + 1;
  const end = 4 + addressBytes + 2;
  return bytes.length >= end ? end : undefined;
}

/** Bytes up to where `end` says; what stands behind goes back into the socket. */
async function readUntil(socket: net.Socket, end: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const at = bytes.length === 0 ? undefined : end(bytes);
    if (at !== undefined) {
      if (at < bytes.length) socket.unshift(bytes.subarray(at));
      return bytes.subarray(0, at);
    }
    const piece = (await nextPiece(socket)) as Buffer | null;
    if (piece === null || bytes.length > maxAnswerBytes) throw new ProxyRefusal("EOF");
    bytes = Buffer.concat([bytes, piece]);
  }
}

/** null at the end. Read in pieces, so that nothing is lost between two reads. */
async function nextPiece(socket: net.Socket): Promise<unknown> {
  for (;;) {
    const piece: unknown = socket.read();
    if (piece !== null || socket.readableEnded || socket.destroyed) return piece;
    await Promise.race([once(socket, "readable"), once(socket, "end"), once(socket, "close")]);
  }
}
