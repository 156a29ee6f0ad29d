/** Exec and port-forward where the server refuses WebSockets, or the user doesn't want them. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { socketLink } from "../../host-node/spdy/byteLink.ts";
import { servePortForward } from "../../host-node/spdy/portForward.ts";
import { serveRemoteCommand } from "../../host-node/spdy/remoteCommand.ts";
import { type Connection, UpgradeRefused } from "../../kubectl/host.ts";
import type { StreamSession } from "../../machinery/http.ts";
import { commandChannels, exitStatus, forwardChannels } from "../../machinery/streamChannels.ts";
import { nodeConnection } from "./connection.ts";

const asked: string[] = [];
let refuses = "";
let server: Server;

beforeEach(async () => {
  asked.length = 0;
  refuses = "";
  server = createServer().on("upgrade", serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

/** Takes SPDY alone. */
function serve(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { upgrade = "", "x-stream-protocol-version": protocol = "" } = request.headers;
  asked.push(`${request.method ?? ""} ${upgrade}`);
  if (upgrade.toLowerCase() !== "spdy/3.1" || refuses !== "") {
    const body = upgrade.toLowerCase() === "websocket" ? "no WebSockets here" : refuses;
    socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${String(protocol)}\r\n\r\n`,
  );
  const link = socketLink(socket, head);
  void (request.url?.includes("/portforward") === true
    ? servePortForward(link, (peer, port) => echo(peer, `${port}:`))
    : serveRemoteCommand(link, request.url ?? "", runCommand));
}

async function echo(peer: StreamSession, greeting: string): Promise<void> {
  await peer.send({ channel: forwardChannels.data, data: Buffer.from(greeting) });
  for await (const { channel, data } of peer.incoming) {
    if (channel !== forwardChannels.data) continue;
    if (data === null) return;
    await peer.send({ channel, data });
  }
}

/** Gives back its standard input, and ends with 7. */
async function runCommand(peer: StreamSession): Promise<void> {
  await peer.send({ channel: commandChannels.stderr, data: Buffer.from("beginning") });
  for await (const { channel, data } of peer.incoming) {
    if (channel !== commandChannels.stdin) continue;
    if (data === null) break;
    await peer.send({ channel: commandChannels.stdout, data });
  }
  await peer.send({ channel: commandChannels.error, data: exitStatus(7) });
}

const connection = (env: Record<string, string> = {}): Connection =>
  nodeConnection({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, insecure: false }, env);
const execRequest = { method: "GET", url: "/exec?command=cat&stdin=true&stdout=true&stderr=true", headers: {} };
const forwardRequest = { method: "GET", url: "/portforward", headers: {} };

/** What comes on each channel. */
async function heard({ incoming }: StreamSession): Promise<Record<number, string>> {
  const said: Record<number, string> = {};
  for await (const { channel, data } of incoming) said[channel] = (said[channel] ?? "") + Buffer.from(data ?? []).toString();
  return said;
}

test.each([
  ["refused", {}, ["GET websocket", "POST SPDY/3.1"]],
  ["not wanted", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false" }, ["POST SPDY/3.1"]],
] as const)("exec: WebSockets %s", async (_, env, requests) => {
  const session = await connection(env).upgrade(execRequest, ["v5.channel.k8s.io"]);
  const all = heard(session);
  const content = "0123456789".repeat(50_000);
  for (let at = 0; at < content.length; at += 32_768)
    await session.send({ channel: commandChannels.stdin, data: Buffer.from(content.slice(at, at + 32_768)) });
  await session.send({ channel: commandChannels.stdin, data: null });
  const { stdout, stderr, error } = commandChannels;
  expect(await all).toEqual({ [stdout]: content, [stderr]: "beginning", [error]: Buffer.from(exitStatus(7)).toString() });
  expect(asked).toEqual(requests);
  session.close();
});

test("port-forward: several connections in one", async () => {
  const tunnel = await connection().forward(forwardRequest);
  const forwarded = await Promise.all([80, 81].map((port) => tunnel.open(port)));
  for (const [index, one] of forwarded.entries()) {
    await one.send(Buffer.from(`hello ${index}`));
    await one.end();
  }
  const said = await Promise.all(
    forwarded.map(async ({ incoming }) => {
      let text = "";
      for await (const data of incoming) text += Buffer.from(data).toString();
      return text;
    }),
  );
  expect(said).toEqual(["80:hello 0", "81:hello 1"]);
  expect(await forwarded[0]?.problem()).toBe("");
  expect(asked).toEqual(["GET websocket", "POST SPDY/3.1"]);
  tunnel.close();
});

test("a server that takes neither: its second word counts", async () => {
  refuses = "not you";
  const refusal = await connection()
    .upgrade(execRequest, ["v5.channel.k8s.io"])
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(UpgradeRefused);
  expect([(refusal as UpgradeRefused).status, Buffer.from((refusal as UpgradeRefused).body).toString()]).toEqual([403, "not you"]);
});

test("a connection that breaks ends the session", async () => {
  const session = await connection({ KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false" }).upgrade(execRequest, []);
  const all = heard(session);
  await session.send({ channel: commandChannels.stdin, data: Buffer.from("x") });
  server.closeAllConnections();
  session.close();
  await all;
  expect(session.problem()).toBe("unexpected EOF");
});
