/**
 * Pods at rest and under load on a real cluster: memory per pod, and requests a second with their p99 from inside a pod, once straight to another pod and
 * once through its Service. Both ways in turns, in one run.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployment as deploymentKind } from "../src/api/apps/v1/deployment.ts";
import { pod as podKind } from "../src/api/core/v1/pod.ts";
import { service as serviceKind } from "../src/api/core/v1/service.ts";
import { createClient } from "../src/client/httpClient.ts";
import type { Client } from "../src/client/client.ts";
import { withBearer } from "../src/host-node/closableTransport.ts";
import { unixTransport } from "../src/host-node/plainTransports.ts";
import { median, namespace, until } from "./support/pods.ts";

const cluster = "bench-traffic";
const folder = mkdtempSync(join(tmpdir(), "bench-traffic-"));
const env = { ...process.env, COX_HOME: folder, KUBECONFIG: join(folder, "kubeconfig") };
const image = "kelseyhightower/hello:1.0.0";
const pods = 50;
const rounds = 5;

function cox(...args: string[]): string {
  const done = spawnSync(process.execPath, ["dist/cox.cjs", ...args], { env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`cox ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

const residentMb = (): number => Number(/(\d+) MB resident/.exec(cox("status", "--name", cluster))?.[1]);

/** Runs inside a pod, by the machine's own Node: asks for two seconds over 16 kept connections, prints requests a second and p99 in ms. */
const asker = `
const http = require("http");
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const times = [];
const end = performance.now() + 2000;
const ask = () => new Promise((resolve) => {
  const began = performance.now();
  http.get(process.argv[1], { agent }, (response) => response.resume().on("end", () => { times.push(performance.now() - began); resolve(); })).on("error", (e) => { throw e; });
});
Promise.all(Array.from({ length: 16 }, async () => { while (performance.now() < end) await ask(); })).then(() => {
  times.sort((a, b) => a - b);
  console.log(Math.round(times.length / 2), times[Math.floor(times.length * 0.99)].toFixed(2));
  process.exit(0);
});`;

interface Run {
  readonly perSecond: number;
  readonly p99Ms: number;
}

function asked(pod: string, url: string): Run {
  const [perSecond = 0, p99Ms = 0] = cox("kubectl", "exec", pod, "--", "node", "-e", asker, url).trim().split(" ").map(Number);
  return { perSecond, p99Ms };
}

async function traffic(client: Client): Promise<void> {
  const labels = { app: "server" };
  const ready = (name: string): Promise<unknown> =>
    until(podKind, name, (pod) => pod.status?.podIP !== undefined && pod.status.phase === "Running", client);
  const make = (name: string, container: object): Promise<unknown> =>
    client.create(podKind, {
      metadata: { name, namespace, labels: name === "server" ? labels : {} },
      spec: { containers: [{ name: "main", image, ...container }] },
    });
  await make("server", {});
  await make("asker", { command: ["sleep", "1000000"] });
  await client.create(serviceKind, { metadata: { name: "server", namespace }, spec: { selector: labels, ports: [{ port: 80 }] } });
  await Promise.all(["server", "asker"].map(ready));
  const service = await until(serviceKind, "server", ({ spec }) => spec.clusterIP !== undefined, client);
  const target = await client.get(podKind, { namespace, name: "server" });
  const direct = `http://${target?.status?.podIP ?? ""}/version`;
  const through = `http://${service.spec.clusterIP ?? ""}/version`;
  const runs = { direct: [] as Run[], through: [] as Run[] };
  for (let round = 0; round < rounds; round += 1) {
    runs.direct.push(asked("asker", direct));
    runs.through.push(asked("asker", through));
  }
  const text = (all: readonly Run[]): string =>
    `${median(all.map(({ perSecond }) => perSecond))} requests/s, p99 ${median(all.map(({ p99Ms }) => p99Ms)).toFixed(2)} ms`;
  console.log(`pod to pod, 16 kept connections, median of ${rounds}: ${text(runs.direct)}; through the Service: ${text(runs.through)}`);
}

async function memory(client: Client): Promise<void> {
  const before = residentMb();
  const labels = { app: "idle" };
  const container = { name: "main", image, command: ["sleep", "1000000"] };
  await client.create(deploymentKind, {
    metadata: { name: "idle", namespace },
    spec: { replicas: pods, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
  });
  await until(deploymentKind, "idle", ({ status }) => status?.readyReplicas === pods, client);
  console.log(
    `memory of a pod that sleeps, its holder and what we keep of it, of ${pods}: ${(((residentMb() - before) * 1024) / pods).toFixed(0)} KB resident`,
  );
}

try {
  cox("up", "--name", cluster, "--nodes", "1");
  const token = readFileSync(join(folder, cluster, "pki/admin.token"), "utf8").trim();
  const link = withBearer(unixTransport(join(folder, cluster, "run/api.sock")), token);
  const client = createClient(link.transport);
  await traffic(client);
  await memory(client);
  link.close();
} finally {
  cox("down", "--name", cluster, "--delete");
  rmSync(folder, { recursive: true, force: true });
}
