import { createServer, type Server } from "node:http";
import { createServer as createHttp2, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createServer as createTcp, type Server as TcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeProbeDialer as dialer } from "./probeDialer.ts";

const listening = async (server: Server | TcpServer | Http2Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
};
const aRequest = (port: number, path: string, timeoutMs = 2000): Parameters<typeof dialer.http>[0] => ({
  scheme: "HTTP",
  host: "127.0.0.1",
  port,
  path,
  headers: [],
  timeoutMs,
});

describe("http probes", () => {
  let port: number;
  let seen: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    seen = request.headers;
    if (request.url === "/slow") return;
    if (request.url === "/slow-body") response.writeHead(200).write("part");
    else if (request.url === "/big") response.end("x".repeat(50_000));
    else if (request.url === "/reset") request.socket.resetAndDestroy();
    else response.writeHead(request.url === "/bad" ? 503 : 200).end("body");
  });
  beforeAll(async () => {
    port = await listening(server);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it("gives status and body, at most 10 KiB of it", async () => {
    expect(await dialer.http(aRequest(port, "/"))).toEqual({ status: 200, body: "body" });
    expect(await dialer.http(aRequest(port, "/bad"))).toMatchObject({ status: 503 });
    expect((await dialer.http(aRequest(port, "/big"))).body.length).toBe(10 * 1024);
  });

  it("says who asks, and lets headers be replaced", async () => {
    await dialer.http(aRequest(port, "/"));
    expect(seen).toMatchObject({ "user-agent": "kube-probe/1.36", accept: "*/*", host: `127.0.0.1:${port}`, connection: "close" });
    const headers = [
      { name: "host", value: "example.test" },
      { name: "X-Many", value: "1" },
      { name: "X-Many", value: "2" },
    ];
    await dialer.http({ ...aRequest(port, "/"), headers });
    expect(seen).toMatchObject({ host: "example.test", "x-many": "1, 2" });
  });

  it("words its errors as Go does", async () => {
    const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
    await expect(dialer.http(aRequest(port, "/slow", 50))).rejects.toThrow(
      `Get "${url("/slow")}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
    await expect(dialer.http(aRequest(port, "/slow-body", 50))).rejects.toThrow(
      "context deadline exceeded (Client.Timeout or context cancellation while reading body)",
    );
    await expect(dialer.http(aRequest(1, "/readiness"))).rejects.toThrow(
      'Get "http://127.0.0.1:1/readiness": dial tcp 127.0.0.1:1: connect: connection refused',
    );
    await expect(dialer.http(aRequest(port, "/reset"))).rejects.toThrow(
      /^Get ".*\/reset": (EOF|read tcp .*: read: connection reset by peer)$/,
    );
  });
});

describe("tcp probes", () => {
  it("connects, or says why not", async () => {
    const server = createTcp((socket) => socket.destroy());
    const port = await listening(server);
    await expect(dialer.tcp("127.0.0.1", port, 1000)).resolves.toBeUndefined();
    server.close();
    await expect(dialer.tcp("127.0.0.1", 1, 1000)).rejects.toThrow("dial tcp 127.0.0.1:1: connect: connection refused");
  });
});

describe("grpc probes", () => {
  let port: number;
  let mode: { body: number[] | undefined; status: string } = { body: [8, 1], status: "0" };
  let asked = "";
  const server = createHttp2();
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("data", (data: Buffer) => chunks.push(data));
    stream.on("end", () => {
      asked = `${headers[":path"]} ${Buffer.concat(chunks).toString("hex")}`;
      if (mode.status === "hang") return;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": mode.status }));
      const body = mode.body;
      stream.end(body === undefined ? undefined : Buffer.from([0, 0, 0, 0, body.length, ...body]));
    });
  });
  beforeAll(async () => {
    port = await listening(server);
  });
  afterAll(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });

  it.each([
    [[8, 1], "0", "SERVING"],
    [[8, 2], "0", "NOT_SERVING"],
    [[], "0", "UNKNOWN"],
    [undefined, "5", "SERVICE_UNKNOWN"],
  ])("reads %j with status %s as %s", async (body, status, expected) => {
    mode = { body, status };
    expect(await dialer.grpc("127.0.0.1", port, "my.service", 2000)).toBe(expected);
    expect(asked).toBe(`/grpc.health.v1.Health/Check 000000000c0a0a${Buffer.from("my.service").toString("hex")}`);
  });

  it("fails for other statuses, silence and nobody", async () => {
    mode = { body: undefined, status: "12" };
    await expect(dialer.grpc("127.0.0.1", port, "", 2000)).rejects.toThrow("does not implement the grpc health protocol");
    mode = { body: undefined, status: "hang" };
    await expect(dialer.grpc("127.0.0.1", port, "", 100)).rejects.toThrow(/timeout: .* within 0.1s: context deadline exceeded/);
    await expect(dialer.grpc("127.0.0.1", 1, "", 1000)).rejects.toThrow("connect: connection refused");
  });
});
