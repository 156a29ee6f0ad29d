/** What becomes of a request, row by row, with both protocols; and HTTP/2 as a Service may speak it. */
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TwoProtocols } from "../../src/catalogue/protocols.ts";
import type { LoadSpec, LoadTarget } from "../../src/rehearsal/ports/load.ts";
import { senderFor } from "../../src/host-node/load/senderFor.ts";
import { createClusterCertificates } from "../../src/host-node/pki.ts";

const aSpec = (parts: Partial<LoadSpec> = {}): LoadSpec => ({
  ratePerSecond: 10,
  arrivals: "constant",
  method: "GET",
  path: "/",
  headers: {},
  body: "",
  keepAlive: 0,
  protocol: "http/1.1",
  timeoutMs: 1000,
  seed: 1,
  version: { from: "image" },
  ...parts,
});
const target = (port: number, secure = false): LoadTarget => ({ client: "outside", host: "127.0.0.1", port, secure });
const now = (): number => performance.now();

let stop: (() => void)[] = [];
beforeEach(() => {
  stop = [];
});
afterEach(() => {
  for (const each of stop) each();
});

async function bothProtocols(): Promise<{ readonly server: TwoProtocols; readonly port: number }> {
  const probe = createServer();
  const port = await listening(probe);
  probe.close();
  await once(probe, "close");
  const server = new TwoProtocols(
    (request, response) => {
      if (request.url === "/slow") return;
      server.beforeAnswer(response);
      response.writeHead(request.url === "/bad" ? 503 : 200, { "x-version": request.httpVersion });
      response.end(JSON.stringify({ method: request.method, app: { version: "7" } }));
    },
    () => undefined,
  );
  await new Promise<void>((resolve, reject) => server.listen({ host: "127.0.0.1", port, backlog: 16 }, resolve, reject));
  stop.push(() => {
    server.stopListening();
    for (const socket of server.sockets) socket.destroy();
  });
  return { server, port };
}

async function aCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const { serverKey, serverCert } = await createClusterCertificates("load", ["127.0.0.1"], Date.now());
  return { key: serverKey, cert: serverCert };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe.each(["http/1.1", "http/2"] as const)("%s", (protocol) => {
  test("is spoken, and the answer's header and body tell the version", async () => {
    const { port } = await bothProtocols();
    const byHeader = senderFor(aSpec({ protocol, version: { from: "header", name: "x-version" } }), target(port), now);
    const sent = await byHeader.send();
    expect(sent).toMatchObject({ outcome: { type: "answered", status: 200 }, version: protocol === "http/2" ? "2.0" : "1.1" });
    expect(sent.connection).toMatchObject({ id: 1, reused: false });
    expect(sent.connection.localPort).toBeGreaterThan(0);
    const byPath = senderFor(aSpec({ protocol, version: { from: "json", path: ["app", "version"] } }), target(port), now);
    expect((await byPath.send()).version).toBe("7");
    const posting = { protocol, method: "POST", body: "hello", version: { from: "json", path: ["method"] } } as const;
    expect((await senderFor(aSpec(posting), target(port), now).send()).version).toBe("POST");
  });

  test("keeps connections when it is told to, and opens one each when not", async () => {
    const { server, port } = await bothProtocols();
    const keeping = senderFor(aSpec({ protocol, keepAlive: 1 }), target(port), now);
    expect((await keeping.send()).connection.reused).toBe(false);
    expect((await keeping.send()).connection).toMatchObject({ id: 1, reused: true });
    expect(server.sockets.size).toBe(1);
    keeping.close();
    const fresh = senderFor(aSpec({ protocol }), target(port), now);
    expect([(await fresh.send()).connection, (await fresh.send()).connection]).toMatchObject([
      { id: 1, reused: false },
      { id: 2, reused: false },
    ]);
  });

  test("a server that says goodbye on its connections costs no request", async () => {
    const { server, port } = await bothProtocols();
    const sender = senderFor(aSpec({ protocol, keepAlive: 1 }), target(port), now);
    await sender.send();
    server.sayGoodbye();
    // A request that crosses the goodbye on its way is refused: clients may repeat it, and this one doesn't.
    await vi.waitUntil(() => protocol === "http/1.1" || server.sockets.size === 0);
    for (let more = 0; more < 3; more += 1) expect((await sender.send()).outcome).toEqual({ type: "answered", status: 200 });
    sender.close();
  });

  test("tells errors, silence and refusals apart", async () => {
    const { port } = await bothProtocols();
    const outcome = async (path: string, to: number): Promise<unknown> =>
      (await senderFor(aSpec({ protocol, path, timeoutMs: 200 }), target(to), now).send()).outcome;
    expect(await outcome("/bad", port)).toEqual({ type: "answered", status: 503 });
    expect(await outcome("/slow", port)).toEqual({ type: "timeout" });
    const gone = createServer();
    const nobody = await listening(gone);
    gone.close();
    await once(gone, "close");
    expect(await outcome("/", nobody)).toEqual({ type: "refused" });
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ["a reset", (socket) => socket.resetAndDestroy(), "reset"],
    ["a close", (socket) => socket.destroy(), "closed"],
  ])("sees %s under its request", async (_name, end, expected) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => end(socket));
    });
    const port = await listening(server);
    stop.push(() => server.close());
    expect((await senderFor(aSpec({ protocol }), target(port), now).send()).outcome.type).toBe(expected);
  });

  test("a connection that breaks before its TLS stands tells its port: the data plane knows more of it", async () => {
    const ports: (number | undefined)[] = [];
    const server = createServer((socket) => {
      ports.push(socket.remotePort);
      socket.on("error", () => undefined);
      socket.once("data", () => socket.resetAndDestroy());
    });
    const port = await listening(server);
    stop.push(() => server.close());
    const { connection, outcome } = await senderFor(aSpec({ protocol }), target(port, true), now).send();
    expect([connection.localPort, outcome]).toEqual([ports[0], { type: "reset" }]);
    expect(ports).toHaveLength(1);
  });

  test("a name that nobody knows is said to be that", async () => {
    const sent = await senderFor(aSpec({ protocol }), { client: "inside", host: "shop.invalid", port: 80, secure: false }, now).send();
    expect(sent.outcome).toEqual({ type: "unresolved" });
  });
});

test("HTTP/2 over TLS is agreed on by ALPN", async () => {
  const { key, cert } = await aCertificate();
  const server = createSecureServer({ key, cert, allowHTTP1: false }, (request, response) => {
    response.writeHead(200, { "x-version": request.httpVersion });
    response.end("ok");
  });
  const port = await listening(server);
  stop.push(() => server.close());
  const sender = senderFor(aSpec({ protocol: "http/2", version: { from: "header", name: "x-version" } }), target(port, true), now);
  expect(await sender.send()).toMatchObject({ outcome: { type: "answered", status: 200 }, version: "2.0" });
});

test("a server with TLS that speaks no HTTP/2 is no success", async () => {
  const { createServer: createTls } = await import("node:https");
  const server = createTls({ ...(await aCertificate()), ALPNProtocols: ["http/1.1"] }, (_request, response) => response.end("ok"));
  const port = await listening(server);
  stop.push(() => server.close());
  const sent = await senderFor(aSpec({ protocol: "http/2" }), target(port, true), now).send();
  expect(sent.outcome.type).not.toBe("answered");
});
