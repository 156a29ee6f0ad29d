import { once } from "node:events";
import * as net from "node:net";
import { afterEach, expect, test } from "vitest";
import { openTunnel } from "./proxyTunnel.ts";

const servers: net.Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Answers what is asked with `script`; gives the port and what it read. */
async function proxy(script: (socket: net.Socket, asked: Buffer) => void): Promise<{ port: number; asked: Buffer[] }> {
  const asked: Buffer[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      asked.push(bytes);
      script(socket, bytes);
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as net.AddressInfo).port, asked };
}

const destination = { host: "cluster.test", port: 6443 };

test("CONNECT: the tunnel is what stands behind the proxy's answer, and nothing of it is lost", async () => {
  const { port, asked } = await proxy((socket) => {
    socket.write("HTTP/1.1 200 Connection ");
    setImmediate(() => socket.write("established\r\nVia: x\r\n\r\nhello"));
  });
  const socket = await openTunnel(`http://me:se%20cret@127.0.0.1:${port}`, destination);
  const [first] = (await once(socket, "data")) as [Buffer];
  expect(first.toString()).toBe("hello");
  expect(asked[0]?.toString()).toBe(
    `CONNECT cluster.test:6443 HTTP/1.1\r\nHost: cluster.test:6443\r\nProxy-Authorization: Basic ${btoa("me:se cret")}\r\n\r\n`,
  );
  socket.destroy();
});

test.each([
  ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "Proxy Authentication Required"],
  ["rubbish\r\n\r\n", 'malformed HTTP response "rubbish"'],
])("a proxy that answers %j", async (answer, message) => {
  const { port } = await proxy((socket) => socket.end(answer));
  await expect(openTunnel(`http://127.0.0.1:${port}`, destination)).rejects.toThrow(message);
});

test("a proxy that hangs up, and one that isn't there", async () => {
  const { port } = await proxy((socket) => socket.end());
  await expect(openTunnel(`http://127.0.0.1:${port}`, destination)).rejects.toThrow("EOF");
  await expect(openTunnel("http://127.0.0.1:1", destination)).rejects.toThrow("ECONNREFUSED");
});

test("SOCKS5: by the host's name", async () => {
  const { port, asked } = await proxy((socket, bytes) => {
    if (bytes.length === 3) socket.write(Uint8Array.of(5, 0));
    else socket.write(Buffer.concat([Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 80), Buffer.from("hello")]));
  });
  const socket = await openTunnel(`socks5://127.0.0.1:${port}`, destination);
  const [first] = (await once(socket, "data")) as [Buffer];
  expect(first.toString()).toBe("hello");
  expect([...(asked[1] ?? [])]).toEqual([5, 1, 0, 3, 12, ...Buffer.from("cluster.test"), 6443 >> 8, 6443 & 0xff]);
  socket.destroy();
});

test("SOCKS5: a refusal says why", async () => {
  const { port } = await proxy((socket, bytes) =>
    socket.write(bytes.length === 3 ? Uint8Array.of(5, 0) : Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)),
  );
  await expect(openTunnel(`socks5://127.0.0.1:${port}`, destination)).rejects.toThrow("socks connect tcp: connection refused");
});
