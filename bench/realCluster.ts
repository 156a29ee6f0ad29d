/**
 * A real cluster of five nodes: up to all Ready, memory at rest, a pod from created to Ready, the blue/green cut-over, and a rolling update of hello under
 * 500 requests a second.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { deployment as deploymentKind } from "../src/api/apps/v1/deployment.ts";
import { service as serviceKind } from "../src/api/core/v1/service.ts";
import { createClient } from "../src/client/httpClient.ts";
import type { Client } from "../src/client/client.ts";
import { withBearer } from "../src/host-node/closableTransport.ts";
import { unixTransport } from "../src/host-node/plainTransports.ts";
import type { Deployment } from "../src/schema/shapes/apps.v1.ts";
import type { Service } from "../src/schema/shapes/core.v1.ts";
import { median, namespace, podStartMs, until } from "./support/pods.ts";

const rounds = 5;
const folder = mkdtempSync(join(tmpdir(), "bench-cluster-"));
const env = { ...process.env, COX_HOME: folder, KUBECONFIG: join(folder, "kubeconfig") };
const image = (version: string): string => `kelseyhightower/hello:${version}`;

function cox(...args: string[]): string {
  const done = spawnSync(process.execPath, ["dist/cox.cjs", ...args], { env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`cox ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

async function podStarts(client: Client): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < 10; n += 1) times.push(await podStartMs(client, `p${n}`, image("1.0.0")));
  console.log(`a pod of a cached image, created to Ready, median of ${times.length}: ${median(times).toFixed(0)} ms (aim 150)`);
}

function hello(name: string, version: string, preStop: boolean): Deployment {
  const labels = { app: "hello", version, name };
  const probe = (path: string): object => ({ httpGet: { path, port: 81 }, periodSeconds: 1 });
  const container = {
    name: "hello",
    image: image(version),
    readinessProbe: probe("/readiness"),
    livenessProbe: probe("/healthz"),
    ...(preStop ? { lifecycle: { preStop: { sleep: { seconds: 2 } } } } : {}),
  };
  return {
    metadata: { name, namespace },
    spec: { replicas: 3, selector: { matchLabels: { name } }, template: { metadata: { labels }, spec: { containers: [container] } } },
  };
}

const allReady = (object: Deployment): boolean =>
  object.status?.observedGeneration === object.metadata.generation &&
  object.status?.updatedReplicas === 3 &&
  object.status.readyReplicas === 3 &&
  object.status.replicas === 3;

/** One request on a connection of its own; gives the version, or the failure. */
function version(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request({ host, port, path: "/version", agent: false, timeout: 5000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve(response.statusCode === 200 ? (/"version":"([^"]+)"/.exec(text)?.[1] ?? text) : `status ${response.statusCode}`),
      );
      response.on("error", (error) => resolve(`failed: ${error.message}`));
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", (error) => resolve(`failed: ${error.message}`));
    outgoing.end();
  });
}

async function address(client: Client): Promise<string> {
  const found = await until(
    serviceKind,
    "hello",
    (service: Service) => service.status?.loadBalancer?.ingress?.[0]?.ip !== undefined,
    client,
  );
  const ip = found.status?.loadBalancer?.ingress?.[0]?.ip ?? "";
  while ((await version(ip, 8080)).startsWith("failed")) await wait(20);
  return ip;
}

async function cutOver(client: Client): Promise<void> {
  for (const [name, v] of [
    ["blue", "1.0.0"],
    ["green", "2.0.0"],
  ] as const)
    await client.create(deploymentKind, hello(name, v, false));
  for (const name of ["blue", "green"]) await until(deploymentKind, name, allReady, client);
  await client.create(serviceKind, {
    metadata: { name: "hello", namespace },
    spec: { type: "LoadBalancer", selector: { app: "hello", version: "1.0.0" }, ports: [{ port: 8080, targetPort: 80 }] },
  });
  const ip = await address(client);
  const delays: number[] = [];
  let mixed = 0;
  for (let n = 0; n < 10; n += 1) {
    const wanted = n % 2 === 0 ? "2.0.0" : "1.0.0";
    const answers: { sentMs: number; atMs: number; version: string }[] = [];
    const stop = { asked: false };
    const askers = Array.from({ length: 4 }, async () => {
      while (!stop.asked) {
        const sentMs = performance.now();
        answers.push({ version: await version(ip, 8080), sentMs, atMs: performance.now() });
      }
    });
    await wait(100);
    const changedMs = performance.now();
    await client.patch(serviceKind, { namespace, name: "hello" }, "merge", { spec: { selector: { version: wanted } } });
    await wait(400);
    stop.asked = true;
    await Promise.all(askers);
    const old = answers.filter((answer) => answer.version !== wanted);
    delays.push(Math.max(0, ...old.map((answer) => answer.atMs)) - changedMs);
    const firstNewMs = Math.min(...answers.filter((answer) => answer.version === wanted).map((answer) => answer.atMs));
    mixed += old.filter((answer) => answer.sentMs > firstNewMs).length;
  }
  console.log(
    `Service selector changed to last old answer, median of ${delays.length}: ${median(delays).toFixed(0)} ms, worst ${Math.max(...delays).toFixed(0)} ms (aim 20); old answers to requests sent after the first new one: ${mixed} (aim 0)`,
  );
  for (const name of ["blue", "green"]) await client.delete(deploymentKind, { namespace, name });
}

async function rollingUpdate(client: Client): Promise<void> {
  await client.create(deploymentKind, hello("rolling", "1.0.0", true));
  await client.patch(serviceKind, { namespace, name: "hello" }, "merge", { spec: { selector: { version: null, name: "rolling" } } });
  await until(deploymentKind, "rolling", allReady, client);
  const ip = await address(client);
  const outcomes = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  const stop = { asked: false };
  const ratePerSecond = 500;
  const load = (async () => {
    const startedMs = performance.now();
    for (let sent = 0; !stop.asked; sent += 1) {
      const dueMs = startedMs + (sent * 1000) / ratePerSecond;
      if (dueMs > performance.now()) await wait(dueMs - performance.now());
      const asked: Promise<void> = version(ip, 8080).then((outcome) => {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        pending.delete(asked);
      });
      pending.add(asked);
    }
    await Promise.all(pending);
    return performance.now() - startedMs;
  })();
  await wait(1000);
  const change = { spec: { template: { spec: { containers: [{ name: "hello", image: image("2.0.0") }] } } } };
  await client.patch(deploymentKind, { namespace, name: "rolling" }, "strategic", change);
  await until(deploymentKind, "rolling", allReady, client);
  await wait(3000);
  stop.asked = true;
  const seconds = (await load) / 1000;
  const total = [...outcomes.values()].reduce((sum, n) => sum + n, 0);
  const good = (outcomes.get("1.0.0") ?? 0) + (outcomes.get("2.0.0") ?? 0);
  console.log(
    `rolling update of hello, probes and a preStop sleep, ${Math.round(total / seconds)} requests/s on new connections: ${total - good} of ${total} failed (aim 0); ${[...outcomes].map(([what, n]) => `${what}: ${n}`).join(", ")}`,
  );
}

try {
  cox("up", "--name", "bench", "--nodes", "5");
  const starts = Array.from({ length: rounds }, () => {
    cox("down", "--name", "bench");
    const started = performance.now();
    cox("up", "--name", "bench");
    return performance.now() - started;
  });
  console.log(`cox up --nodes 5 to all Ready, median of ${rounds}: ${(median(starts) / 1000).toFixed(2)} s (aim 1.0)`);
  await wait(10_000);
  console.log(
    `resident memory of the idle cluster, all processes: ${/(\d+) MB resident/.exec(cox("status", "--name", "bench"))?.[1]} MB (aim 150)`,
  );
  const token = readFileSync(join(folder, "bench/pki/admin.token"), "utf8").trim();
  const link = withBearer(unixTransport(join(folder, "bench/run/api.sock")), token);
  const client = createClient(link.transport);
  await podStarts(client);
  await cutOver(client);
  await rollingUpdate(client);
  link.close();
} finally {
  cox("down", "--name", "bench", "--delete");
  rmSync(folder, { recursive: true, force: true });
}
