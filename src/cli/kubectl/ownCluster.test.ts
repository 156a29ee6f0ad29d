import { createServer, type Server } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAll } from "../../client/jsonLines.ts";
import { ClusterState, stateVersion } from "../../daemon/clusterState.ts";
import type { ConnectionTarget } from "../../kubectl/host.ts";
import { ownCluster } from "./ownCluster.ts";

let home: string;
let server: Server;
const target: ConnectionTarget = { server: "https://127.0.0.1:4711", insecure: false, ca: "the ca", cert: "the cert", key: "the key" };

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "own-"));
  const state = new ClusterState(home, "mine");
  state.create({ stateVersion, name: "mine", index: 0, nodes: 1, apiPort: 4711, createdAt: "" });
  for (const [file, text] of [
    ["ca.crt", "the ca"],
    ["admin.crt", "the cert"],
    ["admin.key", "the key"],
    ["admin.token", "secret\n"],
  ] as const)
    state.writePrivate(join("pki", file), text);
  state.writePid();
  server = createServer((request, response) => void response.end(`${request.method} ${request.url} ${request.headers.authorization}`));
  await new Promise<void>((resolve) => server.listen(state.apiSocket, resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(home, { recursive: true, force: true });
});

test("the admin's requests to a running cluster of ours go over its socket, as the admin", async () => {
  const own = ownCluster(target, { COX_HOME: home });
  const answer = await own?.transport({ method: "GET", url: "/api", headers: {} });
  expect(new TextDecoder().decode(await readAll(answer?.body ?? new Uint8Array()))).toBe("GET /api Bearer secret");
  own?.close();
});

test.each([
  ["another port", { server: "https://127.0.0.1:4712" }],
  ["another machine", { server: "https://10.0.0.1:4711" }],
  ["another user", { cert: "somebody else's" }],
  ["another key", { key: "made up" }],
  ["nobody", { cert: undefined, key: undefined }],
  ["another authority", { ca: "not ours" }],
  ["a proxy", { proxyUrl: "http://127.0.0.1:3128" }],
  ["another name", { serverName: "kubernetes" }],
])("%s: the usual way", (_, change) => {
  expect(ownCluster({ ...target, ...change }, { COX_HOME: home })).toBeUndefined();
});

test("a cluster that is down: the usual way, whose error says so", () => {
  rmSync(join(home, "mine/run/pid"));
  expect(ownCluster(target, { COX_HOME: home })).toBeUndefined();
});
