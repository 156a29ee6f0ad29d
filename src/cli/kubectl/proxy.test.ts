import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRng } from "../../base/rng.ts";
import type { Input, KubectlHost, Output } from "../../kubectl/host.ts";
import { runKubectl } from "../../kubectl/main.ts";
import { systemClock } from "../kubectlHost.ts";
import { nodeConnection } from "./connection.ts";
import { nodeFiles } from "./files.ts";
import { nodeServe } from "./localServer.ts";

const folder = mkdtempSync(join(tmpdir(), "proxy-"));
let behind: Server;

beforeAll(async () => {
  behind = createServer((request, response) => response.end(request.url)).listen(0, "127.0.0.1");
  // Takes an upgrade, then says what it hears, in capitals, until the client ends; but not on one path.
  behind.on("upgrade", ({ url, headers }: IncomingMessage, socket: Duplex) => {
    if (url === "/plain") {
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\nrefuse");
      return;
    }
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${headers.upgrade}\r\n\r\nfirst `);
    socket.on("data", (data: Buffer) => void socket.write(data.toString().toUpperCase()));
    socket.on("end", () => void socket.end(" last"));
  });
  await once(behind, "listening");
  const server = `http://127.0.0.1:${(behind.address() as AddressInfo).port}/base`;
  const config = {
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  writeFileSync(join(folder, "config"), JSON.stringify(config));
});

afterAll(() => {
  behind.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the server behind is asked for when the proxy is asked for `path`. */
async function askedFor(path: string, ...flags: readonly string[]): Promise<{ seen: string; said: string }> {
  return await proxied(flags, async (address) => await (await fetch(`http://${address}${path}`)).text());
}

/** What `ask` saw of a proxy, and what the proxy said to stderr. */
async function proxied(flags: readonly string[], ask: (address: string) => Promise<string>): Promise<{ seen: string; said: string }> {
  const stop = new AbortController();
  let said = "";
  const started = new Promise<string>((resolve) => {
    const out = { write: (text: string) => resolve(/serve on (\S+)/.exec(text)?.[1] ?? ""), isTerminal: false } as unknown as Output;
    const err = { write: (text: string) => void (said += text), isTerminal: false } as unknown as Output;
    const env = { KUBECONFIG: join(folder, "config"), HOME: folder };
    const host: Partial<KubectlHost> = {
      out,
      err,
      env,
      input: { isTerminal: false } as Input,
      signal: stop.signal,
      clock: systemClock,
      rng: seededRng(1),
      files: nodeFiles(env),
      connect: nodeConnection,
      serve: nodeServe,
      programName: "kubectl",
    };
    void runKubectl(["proxy", "--port=0", ...flags], host as KubectlHost).then(() => resolve(""));
  });
  try {
    return { seen: await ask(await started), said };
  } finally {
    stop.abort();
  }
}

test("the server's own path is put in front where that is asked for", async () => {
  expect(await askedFor("/api/v1/pods?limit=1", "--append-server-path")).toEqual({ seen: "/base/api/v1/pods?limit=1", said: "" });
});

test("else it is left out, and said", async () => {
  const { seen, said } = await askedFor("/api/v1/pods");
  expect(seen).toBe("/api/v1/pods");
  expect(said).toContain("Your kube context contains a server path /base, use --append-server-path");
});

/** The answer's status, and what came on the connection after `hello` and its half-close. */
async function upgraded(address: string, path: string): Promise<string> {
  const [host, port] = address.split(":");
  const asking = request({ host, port, path, headers: { connection: "Upgrade", upgrade: "own" } });
  asking.end();
  const read = async (answer: IncomingMessage, from: Duplex | IncomingMessage): Promise<string> => {
    const text = Buffer.concat((await from.toArray()) as Buffer[]).toString();
    return `${answer.statusCode} ${answer.headers.upgrade ?? ""}: ${text}`;
  };
  return await new Promise((resolve, reject) => {
    asking.on("error", reject);
    asking.on("response", (answer) => resolve(read(answer, answer)));
    asking.on("upgrade", (answer, socket, head) => {
      socket.unshift(head);
      socket.end("hello");
      resolve(read(answer, socket));
    });
  });
}

test("a connection that is upgraded goes through, to its very end", async () => {
  expect(await proxied([], (address) => upgraded(address, "/live"))).toMatchObject({ seen: "101 own: first HELLO last" });
});

test("an upgrade that is refused, there or by the filter, is answered plainly", async () => {
  expect(await proxied([], (address) => upgraded(address, "/plain"))).toMatchObject({ seen: "403 : refuse" });
  const exec = "/api/v1/namespaces/default/pods/web/exec";
  expect(await proxied([], (address) => upgraded(address, exec))).toMatchObject({ seen: "403 : Forbidden\n" });
});
