/**
 * The API server over TLS with a store on disk, its clients in the same process: durable creates of 2 KB objects on 16 connections, and a list of 5,000
 * pods with the longest time that the event loop was blocked meanwhile.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { kinds } from "../src/api/registry.ts";
import { createApiServer } from "../src/apiserver/apiServer.ts";
import { upstreamVersion } from "../src/cluster/upstreamVersion.ts";
import { ApiListener } from "../src/host-node/apiListener.ts";
import { openLmdbStore } from "../src/host-node/lmdbStore.ts";
import { nodeHost } from "../src/host-node/nodeHost.ts";
import { createClusterCertificates } from "../src/host-node/pki.ts";
import { tlsTransport, type TlsTarget } from "../src/host-node/transports.ts";
import type { ApiResponse } from "../src/machinery/http.ts";

const connections = 16;
const creates = 20_000;
const listed = 5000;
const padding = "x".repeat(1600);
const json = { "content-type": "application/json" };

if (process.send === undefined) await server();
else process.on("message", (target: TlsTarget) => void client(target));

async function server(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-api-"));
  const certificates = await createClusterCertificates("bench", ["127.0.0.1"], Date.now());
  const store = await openLmdbStore(join(folder, "store"));
  const api = createApiServer({ ...nodeHost("error"), store, kinds, version: upstreamVersion("linux/amd64") });
  await api.ready;
  const { serverCert: cert, serverKey: key, caCert: ca, adminCert, adminKey } = certificates;
  const listener = new ApiListener(api, { cert, key, clientCa: ca, maxBodyBytes: 3 << 20 });
  const port = await listener.listenTls("127.0.0.1", 0);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const child = fork(fileURLToPath(import.meta.url));
  child.on("message", (message) => {
    if (message === "watch the loop") {
      delay.reset();
      delay.enable();
    } else
      console.log(`  the event loop was blocked for at most ${(delay.max / 1e6).toFixed(1)} ms meanwhile (aim 10; timer resolution 1 ms)`);
  });
  child.send({ server: `https://127.0.0.1:${port}`, ca, cert: adminCert, key: adminKey });
  await new Promise((resolve) => child.once("exit", resolve));
  await listener[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
}

async function client(target: TlsTarget): Promise<void> {
  const latencies: number[] = [];
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = await bareConnection(target);
      for (let n = next++; n < creates; n = next++) {
        const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `c${n}` }, data: { padding } });
        const askedMs = performance.now();
        const status = await connection.post("/api/v1/namespaces/default/configmaps", body);
        if (status !== 201) throw new Error(`status ${status}`);
        latencies.push(performance.now() - askedMs);
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
  console.log(
    `durable creates of 2 KB, TLS, ${connections} connections: ${Math.round(creates / seconds)}/s, p99 ${p99.toFixed(1)} ms (aim 7000/s and 20 ms; client and server share the cores)`,
  );
  await listPods(target);
  process.send?.("done");
  process.disconnect();
}

/** HTTP/1.1 on one TLS socket by hand: Node's own client takes more of a core than the server does. Counts on content-length in every answer. */
async function bareConnection({
  server,
  ca,
  cert,
  key,
}: TlsTarget): Promise<{ post(path: string, body: string): Promise<number>; close(): void }> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(server).port), ca, cert, key, ALPNProtocols: ["http/1.1"] });
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  let answered: ((status: number) => void) | undefined;
  socket.on("data", (part) => {
    received = received.length === 0 ? part : Buffer.concat([received, part]);
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = received.toString("latin1", 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (received.length < headEnd + 4 + length) return;
    received = received.subarray(headEnd + 4 + length);
    answered?.(Number(head.slice(9, 12)));
  });
  return {
    post: (path, body) =>
      new Promise((resolve) => {
        answered = resolve;
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      }),
    close: () => socket.end(),
  };
}

async function listPods(target: TlsTarget): Promise<void> {
  const link = tlsTransport(target);
  const { transport } = link;
  const account = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } }));
  await drain(await transport({ method: "POST", url: "/api/v1/namespaces/default/serviceaccounts", headers: json, body: account }));
  for (let at = 0; at < listed; at += 50) await Promise.all(Array.from({ length: 50 }, (_, n) => createPod(transport, at + n)));
  const times: number[] = [];
  process.send?.("watch the loop");
  let bytes = 0;
  for (let round = 0; round < 10; round += 1) {
    const askedMs = performance.now();
    bytes = await drain(await transport({ method: "GET", url: "/api/v1/pods", headers: {} }));
    times.push(performance.now() - askedMs);
  }
  console.log(`list of ${listed} pods (${(bytes / 1e6).toFixed(1)} MB): ${times.toSorted((a, b) => a - b)[5]?.toFixed(1)} ms (aim 30)`);
  link.close();
}

async function createPod(transport: ReturnType<typeof tlsTransport>["transport"], n: number): Promise<void> {
  const spec = {
    containers: [{ name: "c", image: "busybox", env: [{ name: "PADDING", value: padding.slice(0, 800) }] }],
    automountServiceAccountToken: false,
    serviceAccountName: "default",
  };
  const body = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: `p${n}` }, spec }));
  const response = await transport({ method: "POST", url: "/api/v1/namespaces/default/pods", headers: json, body });
  const text = await textOf(response);
  if (response.status !== 201) throw new Error(text);
}

async function drain(response: ApiResponse): Promise<number> {
  let size = 0;
  if (response.body instanceof Uint8Array) return response.body.byteLength;
  for await (const part of response.body) size += part.byteLength;
  return size;
}

async function textOf(response: ApiResponse): Promise<string> {
  if (response.body instanceof Uint8Array) return Buffer.from(response.body).toString();
  const parts: Uint8Array[] = [];
  for await (const part of response.body) parts.push(part);
  return Buffer.concat(parts).toString();
}
