import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { webSocketSession } from "./session.ts";

let server: WebSocketServer;
beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "v5.channel.k8s.io" });
  await once(server, "listening");
});
afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

async function connected(): Promise<readonly [WebSocket, WebSocket]> {
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, "v5.channel.k8s.io");
  const [served] = (await once(server, "connection")) as [WebSocket];
  if (client.readyState !== WebSocket.OPEN) await once(client, "open");
  return [client, served];
}

test("a session ends though the other side has much left to say that nobody reads", async () => {
  const [client, served] = await connected();
  const session = webSocketSession(served);
  for (let sent = 0; sent < 1000; sent += 1) client.send(new Uint8Array(32 * 1024));
  await expect.poll(() => served.isPaused).toBe(true);
  await session.send({ channel: 3, data: Buffer.from("over") });
  session.close();
  const heard: string[] = [];
  client.on("message", (data: Buffer) => heard.push(data.toString()));
  const [[code], [servedCode]] = await Promise.all([once(client, "close"), once(served, "close")]);
  expect([heard, code, servedCode]).toEqual([["\u0003over"], 1000, 1000]);
});
