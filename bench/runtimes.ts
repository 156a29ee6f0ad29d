/** A pod from created to Ready on the embedded runtime and on containerd, by turns in one run. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../src/client/httpClient.ts";
import type { Client } from "../src/client/client.ts";
import { withBearer } from "../src/host-node/closableTransport.ts";
import { unixTransport } from "../src/host-node/plainTransports.ts";
import { type PrivateContainerd, privateContainerd, whyNoContainerd } from "../test/node/cri/privateContainerd.ts";
import { median, podStartMs } from "./support/pods.ts";

const rounds = 20;
const image = "kelseyhightower/hello:1.0.0";
const folder = mkdtempSync(join(tmpdir(), "bench-runtimes-"));
const env = { ...process.env, COX_HOME: folder, KUBECONFIG: join(folder, "kubeconfig") };

function cox(...args: string[]): void {
  const done = spawnSync(process.execPath, ["dist/cox.cjs", ...args], { env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`cox ${args.join(" ")}: ${done.stdout}${done.stderr}`);
}

function clientOf(name: string): { readonly client: Client; readonly close: () => void } {
  const token = readFileSync(join(folder, name, "pki/admin.token"), "utf8").trim();
  const link = withBearer(unixTransport(join(folder, name, "run/api.sock")), token);
  return { client: createClient(link.transport), close: link.close };
}

async function measure(names: readonly string[]): Promise<void> {
  const links = new Map(names.map((name) => [name, clientOf(name)] as const));
  const times = new Map(names.map((name) => [name, [] as number[]] as const));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, { client }] of links) {
      const tookMs = await podStartMs(client, `p${round + 1}`, image);
      // The first brings the image.
      if (round >= 0) times.get(name)?.push(tookMs);
    }
  }
  for (const [name, all] of times) {
    const sorted = all.toSorted((a, b) => a - b);
    const p90 = sorted[Math.floor(sorted.length * 0.9)] ?? 0;
    console.log(
      `${name}: a pod of a cached image, created to Ready, median of ${all.length}: ${median(all).toFixed(0)} ms, p90 ${p90.toFixed(0)} ms`,
    );
  }
  for (const { close } of links.values()) close();
}

const why = whyNoContainerd();
if (why !== undefined) console.log(`containerd is left out: ${why}`);
const names = why === undefined ? ["embedded", "containerd"] : ["embedded"];
let containerd: PrivateContainerd | undefined;
try {
  cox("up", "--name", "embedded", "--nodes", "1");
  if (why === undefined) {
    containerd = await privateContainerd();
    cox("up", "--name", "containerd", "--nodes", "1", "--runtime", `cri=${containerd.socket}`);
  }
  await measure(names);
} finally {
  for (const name of names) cox("down", "--name", name, "--delete");
  await containerd?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
