import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
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
    const answer = await fetch(`http://${await started}${path}`);
    return { seen: await answer.text(), said };
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
