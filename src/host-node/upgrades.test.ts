import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { ApiRequest, ApiResponse, StreamSession } from "../machinery/http.ts";
import { Upgrades } from "./upgrades.ts";

const pods = "/api/v1/namespaces/default/pods";
const plainly = "exit code 3";
const asStatus = JSON.stringify({ kind: "Status", status: "Failure", message: plainly, reason: "NonZeroExitCode" });
const text = (data: Uint8Array | null): string => Buffer.from(data ?? []).toString();
const json = { "content-type": "application/json" };

/** Says on which port it is, then all that it hears in capitals, until the half-close or `end`; then how it ended. */
async function shout(peer: StreamSession, port?: number): Promise<void> {
  if (port === 7) throw new Error("nobody listens there");
  if (port !== undefined) await peer.send({ channel: 0, data: Buffer.from(`${port}:`) });
  for await (const { channel, data } of peer.incoming) {
    if (channel !== 0) continue;
    if (data === null || text(data) === "end") break;
    await peer.send({ channel: port === undefined ? 1 : 0, data: Buffer.from(text(data).toUpperCase()) });
  }
  if (port === undefined) await peer.send({ channel: 3, data: Buffer.from(asStatus) });
}

/** A pod behind the proxy: takes the upgrade, then says what it hears; or nobody is there. */
async function pretend(peer: StreamSession): Promise<void> {
  if (requests.at(-1)?.url.includes("gone")) {
    await peer.send({ channel: 1, data: Buffer.from("nobody listens there") });
    return peer.close();
  }
  await peer.send({ channel: 0, data: Buffer.from("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: own\r\n\r\n") });
  for await (const { data } of peer.incoming) {
    await peer.send({ channel: 0, data: Buffer.from(text(data).toUpperCase()) });
    if (text(data) === "end") break;
  }
  peer.close();
}

const requests: ApiRequest[] = [];
let watchEnded = 0;

async function* events(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield Buffer.from('{"type":"ADDED"}\n{"type":"MOD');
    yield Buffer.from('IFIED"}\n');
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  } finally {
    watchEnded += 1;
  }
}

async function* log(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("one\n");
  yield Buffer.from([0xff, 0x0a]);
}

async function handle(request: ApiRequest): Promise<ApiResponse> {
  requests.push(request);
  if (request.url.includes("watch=true")) return { status: 200, headers: json, body: events(request.signal) };
  if (request.url.includes("/log")) return { status: 200, headers: { "content-type": "text/plain" }, body: log() };
  return { status: 404, headers: json, body: Buffer.from('{"kind":"Status"}') };
}

const server = http.createServer();
const upgrades = new Upgrades({
  connect: async (request) => {
    requests.push(request);
    return { run: request.url.includes("/proxy/") ? pretend : shout };
  },
  handle,
});
server.on("upgrade", (incoming: http.IncomingMessage, socket, head) => void upgrades.serve(incoming, socket, head));
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

interface Opened {
  readonly socket: WebSocket;
  readonly heard: Buffer[];
  readonly closed: Promise<unknown>;
}

async function opened(path: string, protocols: readonly string[] = [], headers: Record<string, string> = {}): Promise<Opened> {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, [...protocols], { headers });
  const heard: Buffer[] = [];
  socket.on("message", (data: Buffer) => heard.push(data));
  const closed = once(socket, "close");
  await once(socket, "open");
  return { socket, heard, closed };
}

async function refused(path: string, protocols: readonly string[] = []): Promise<{ status: number | undefined; body: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, [...protocols]);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, http.IncomingMessage];
  const parts = await response.toArray();
  return { status: response.statusCode, body: Buffer.concat(parts as Buffer[]).toString() };
}

const base64 = (channel: number, words: string): string => `${channel}${Buffer.from(words).toString("base64")}`;
const binary = (channel: number, words: string): string => `${String.fromCharCode(channel)}${words}`;

describe("commands in a WebSocket's channels", () => {
  it.each([
    ["v5.channel.k8s.io", binary, asStatus],
    ["v4.channel.k8s.io", binary, asStatus],
    ["v4.base64.channel.k8s.io", base64, asStatus],
    ["channel.k8s.io", binary, plainly],
    ["base64.channel.k8s.io", base64, plainly],
    ["", binary, plainly],
  ] as const)("speak %j", async (protocol, form, ending) => {
    const { socket, heard, closed } = await opened(`${pods}/a/exec?command=x`, protocol === "" ? [] : ["v9.unknown", protocol]);
    expect(socket.protocol).toBe(protocol);
    socket.send(form(0, "hello"));
    socket.send(form(0, "end"));
    await closed;
    expect(heard.map(String)).toEqual([form(1, "HELLO"), form(3, ending)]);
  });

  it("know the half-close in version 5 only", async () => {
    const five = await opened(`${pods}/a/attach`, ["v5.channel.k8s.io"]);
    five.socket.send(Uint8Array.of(255, 0));
    await five.closed;
    expect(five.heard[0]?.[0]).toBe(3);
  });

  it("are refused where no protocol is shared", async () => {
    expect(await refused(`${pods}/a/exec`, ["v9.unknown"])).toEqual({
      status: 403,
      body: expect.stringMatching(/^requested protocol\(s\) are not supported: \[v9\.unknown\]; supports \[v5\.channel/) as string,
    });
  });
});

describe("port-forward in a WebSocket's channels", () => {
  it("carries each port of the request, which it names first", async () => {
    const { socket, heard, closed } = await opened(`${pods}/a/portforward?ports=80&ports=8080,7`, [
      "v5.channel.k8s.io",
      "v4.channel.k8s.io",
    ]);
    expect(socket.protocol).toBe("v4.channel.k8s.io");
    const on = (channel: number): string =>
      Buffer.concat(heard.filter(([first]) => first === channel).map((message) => message.subarray(1))).toString("latin1");
    socket.send(binary(0, "first"));
    socket.send(binary(2, "second"));
    await expect.poll(() => [on(0), on(2)]).toEqual(["\u0050\u000080:FIRST", "\u0090\u001f8080:SECOND"]);
    expect([on(1), on(3)]).toEqual(["\u0050\u0000", "\u0090\u001f"]);
    expect([on(4), on(5)]).toEqual(["\u0007\u0000", "\u0007\u0000nobody listens there"]);
    for (const channel of [0, 2]) socket.send(binary(channel, "end"));
    await closed;
  });

  it("speaks base64, and the unnamed protocol", async () => {
    for (const [protocols, form] of [
      [["v4.base64.channel.k8s.io"], base64],
      [[], binary],
    ] as const) {
      const { socket, heard, closed } = await opened(`${pods}/a/portforward?ports=80`, protocols);
      socket.send(form(0, "end"));
      await closed;
      expect(heard.map(String)).toEqual([form(0, "P\0"), form(1, "P\0"), form(0, "80:")]);
    }
  });

  it.each([
    ["", 'query parameter "port" is required'],
    ["?ports=", 'query parameter "port" cannot be empty'],
    ["?ports=http", 'unable to parse "http" as a port: strconv.ParseUint: parsing "http": invalid syntax'],
    ["?ports=80,65536", 'unable to parse "80,65536" as a port: strconv.ParseUint: parsing "65536": value out of range'],
    ["?ports=0", 'port "0" must be > 0'],
  ])("refuses the ports of %j", async (query, body) => {
    expect(await refused(`${pods}/a/portforward${query}`, ["v4.channel.k8s.io"])).toEqual({ status: 400, body });
  });
});

describe("answers without an end as messages", () => {
  it("a watch gives one message an event, and ends with its client", async () => {
    const { socket, heard } = await opened("/api/v1/pods?watch=true");
    await expect.poll(() => heard.map(String)).toEqual(['{"type":"ADDED"}\n', '{"type":"MODIFIED"}\n']);
    socket.close();
    await expect.poll(() => watchEnded).toBe(1);
  });

  it("a log comes as bytes or as base64, and its end is the socket's", async () => {
    const plain = await opened(`${pods}/a/log`, ["binary.k8s.io"]);
    await plain.closed;
    expect(Buffer.concat(plain.heard)).toEqual(Buffer.from([...Buffer.from("one\n"), 0xff, 0x0a]));
    const coded = await opened(`${pods}/a/log`, ["base64.binary.k8s.io"]);
    await coded.closed;
    expect(coded.heard.map((message) => Buffer.from(message.toString(), "base64").toString("latin1"))).toEqual(["one\n", "\u00ff\n"]);
  });

  it("any other answer is given as it is", async () => {
    expect(await refused("/api/v1/pods/nope")).toEqual({ status: 404, body: '{"kind":"Status"}' });
  });
});

describe("a token among the protocols", () => {
  const named = `base64url.bearer.authorization.k8s.io.${Buffer.from("s3cret").toString("base64url")}`;

  it("is the request's, and isn't what is agreed on", async () => {
    const { socket } = await opened("/api/v1/pods?watch=true", [named, "base64.binary.k8s.io"]);
    expect(socket.protocol).toBe("base64.binary.k8s.io");
    expect(requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer s3cret", "sec-websocket-protocol": "base64.binary.k8s.io" });
    socket.close();
  });

  it("counts only beside another protocol, alone of its kind", async () => {
    const before = requests.length;
    const { socket, closed } = await opened(`${pods}/a/exec`, [named, `${named}x`, "channel.k8s.io"]);
    socket.send(binary(0, "end"));
    await closed;
    expect(requests[before]?.headers["authorization"]).toBeUndefined();
  });
});

describe("an upgrade that a proxied pod makes", () => {
  const upgrade = (path: string): http.ClientRequest =>
    http.request({ port: (server.address() as AddressInfo).port, path, headers: { connection: "Upgrade", upgrade: "own" } });

  it("is the pod's: bytes go both ways", async () => {
    const asking = upgrade(`${pods}/web/proxy/live`);
    asking.end();
    const [answer, socket] = (await once(asking, "upgrade")) as [http.IncomingMessage, Socket];
    expect([answer.statusCode, answer.headers.upgrade]).toEqual([101, "own"]);
    socket.write("hello");
    expect(String((await once(socket, "data"))[0])).toBe("HELLO");
    socket.write("end");
    const rest = await socket.toArray();
    expect(Buffer.concat(rest as Buffer[]).toString()).toBe("END");
    socket.destroy();
  });

  it("fails with a Status where the pod can't be reached", async () => {
    const asking = upgrade(`${pods}/web/proxy/gone`);
    asking.end();
    const [answer] = (await once(asking, "response")) as [http.IncomingMessage];
    const body = Buffer.concat((await answer.toArray()) as Buffer[]).toString();
    expect([answer.statusCode, JSON.parse(body)]).toEqual([
      503,
      expect.objectContaining({ kind: "Status", message: "error trying to reach service: nobody listens there" }),
    ]);
  });
});
