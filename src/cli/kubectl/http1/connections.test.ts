import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createPlainServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { readAll } from "../../../client/jsonLines.ts";
import type { ClosableTransport } from "../../../host-node/closableTransport.ts";
import type { ApiResponse } from "../../../machinery/http.ts";
import { http1Transport } from "./connections.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Served extends ClosableTransport {
  /** Connections that the server has seen. */
  readonly sockets: Socket[];
}

async function served(server: Server): Promise<Served> {
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = http1Transport({
    host: "example",
    prefix: "/below",
    async open() {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    },
  });
  ends.push(
    () => server.close(),
    () => sockets.forEach((socket) => socket.destroy()),
    client.close,
  );
  return { ...client, sockets };
}

const http = (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Served> => served(createServer(answer));
const get = (client: ClosableTransport, url = "/x", signal?: AbortSignal): Promise<ApiResponse> =>
  client.transport({ method: "GET", url, headers: {}, signal });
const textOf = async ({ body }: ApiResponse): Promise<string> => Buffer.from(await readAll(body)).toString();

test("requests with their headers and bodies, one connection for all that come in turn", async () => {
  const client = await http((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => response.end(JSON.stringify([request.method, request.url, request.headers, Buffer.concat(parts).toString()])));
  });
  const body = Buffer.from("body");
  const headers = { a: ["1", "2"] as unknown as string, none: undefined };
  const first = await client.transport({ method: "POST", url: "/p?q=1", headers, body });
  expect(JSON.parse(await textOf(first))).toEqual(["POST", "/below/p?q=1", { host: "example", a: "1, 2", "content-length": "4" }, "body"]);
  expect(JSON.parse(await textOf(await get(client)))).toEqual(["GET", "/below/x", { host: "example" }, ""]);
  expect(client.sockets).toHaveLength(1);
});

test("a stream comes as it is sent, and leaving it ends the request", async () => {
  let closed = false;
  const client = await http((_, response) => {
    response.write("one\n");
    response.once("close", () => (closed = true));
  });
  for await (const part of (await get(client)).body as AsyncIterable<Uint8Array>) {
    expect(Buffer.from(part).toString()).toBe("one\n");
    break;
  }
  await expect.poll(() => closed).toBe(true);
});

test("a slow reader of a large body holds the server back, and gets it whole", async () => {
  const large = Buffer.alloc(20_000_000, "0123456789");
  const client = await http((_, response) => response.end(large));
  const { body } = await get(client);
  await expect.poll(() => client.sockets[0]?.writableLength).toBeGreaterThan(0);
  expect(Buffer.from(await readAll(body)).equals(large)).toBe(true);
  expect((await textOf(await get(client))).length).toBe(large.length);
  expect(client.sockets).toHaveLength(1);
});

test("while one is open, another request gets a connection of its own", async () => {
  const client = await http((request, response) => {
    if (request.url === "/below/watch") response.write("{}\n");
    else response.end("answer");
  });
  const watch = await get(client, "/watch");
  expect(await textOf(await get(client))).toBe("answer");
  expect(client.sockets).toHaveLength(2);
  expect(watch.body).not.toBeInstanceOf(Uint8Array);
});

test("an abort is told as such, before the answer and within it", async () => {
  const client = await http((request, response) => {
    if (request.url === "/below/begun") response.write("begun");
  });
  const before = new AbortController();
  const waiting = get(client, "/never", before.signal);
  await expect.poll(() => client.sockets.length).toBe(1);
  before.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  const within = new AbortController();
  const { body } = await get(client, "/begun", within.signal);
  within.abort();
  await expect(readAll(body)).rejects.toMatchObject({ name: "AbortError" });
});

test("where the server has closed an idle connection, the next request doesn't notice", async () => {
  let requests = 0;
  const server = createPlainServer((socket) => {
    let asked = 0;
    socket.on("data", () => {
      requests += 1;
      asked += 1;
      if (asked === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.destroy();
    });
  });
  const client = await served(server);
  expect(await textOf(await get(client))).toBe("ok");
  expect(await textOf(await get(client))).toBe("ok");
  expect([requests, client.sockets.length]).toEqual([3, 2]);
  await expect(client.transport({ method: "POST", url: "/x", headers: {} })).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a server that hangs up, or whose answer is cut off, is told by Node's codes", async () => {
  const silent = await served(createPlainServer((socket) => socket.on("data", () => socket.end())));
  await expect(get(silent)).rejects.toMatchObject({ code: "ECONNRESET", message: "socket hang up" });
  const cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut";
  const short = await served(createPlainServer((socket) => socket.on("data", () => socket.end(cut))));
  const answer = get(short).then((response) => readAll(response.body));
  await expect(answer).rejects.toMatchObject({ code: "ECONNRESET", message: "aborted" });
});

test("bytes that nobody asked for end the connection", async () => {
  const server = createPlainServer((socket) => socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
  const client = await served(server);
  expect(await textOf(await get(client))).toBe("ok");
  client.sockets[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  await expect.poll(() => client.sockets[0]?.destroyed).toBe(true);
  expect(await textOf(await get(client))).toBe("ok");
  expect(client.sockets).toHaveLength(2);
});

test("what would break out of a header or the path isn't sent", async () => {
  const client = await http((_, response) => response.end());
  await expect(client.transport({ method: "GET", url: "/x", headers: { a: "b\r\nc: d" } })).rejects.toThrow(
    "Invalid character in header content",
  );
  await expect(get(client, "/x y")).rejects.toThrow("unescaped characters");
  expect(client.sockets).toHaveLength(0);
});
