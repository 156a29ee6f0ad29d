/**
 * An image of a real size pulled from Debian's docker-registry on this machine, side by side with `skopeo copy` and `ctr images pull`, each beginning with
 * nothing; and a pod of a cached image from created to Ready, as root and as an ordinary user. What isn't installed is left out and said.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pod as podKind } from "../src/api/core/v1/pod.ts";
import type { Client } from "../src/client/client.ts";
import { createClient } from "../src/client/httpClient.ts";
import { withBearer } from "../src/host-node/closableTransport.ts";
import { unixTransport } from "../src/host-node/plainTransports.ts";
import { debianImage, missingPrograms } from "../test/images/debianImages.ts";
import { debianRegistry, whyNoRegistry } from "../test/images/debianRegistry.ts";
import { buildImage, type BuiltImage, layer, type LayerFile } from "../test/node/images/builder.ts";

const rounds = 5;
const ordinaryId = 61_234;
const ordinaryUser = ["setpriv", "--reuid", String(ordinaryId), "--regid", String(ordinaryId), "--clear-groups", "--"];
const folder = mkdtempSync(join(tmpdir(), "bench-images-"));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const seconds = (times: readonly number[]): string =>
  `${(median(times) / 1000).toFixed(2)} s (${times.map((ms) => (ms / 1000).toFixed(2)).join(", ")})`;

/** Three layers of this machine's own programs and libraries: as mixed as people's images are. */
function bigImage(): { readonly image: BuiltImage; readonly files: number; readonly bytes: number } {
  const folders = ["/usr/share/perl", "/usr/lib/x86_64-linux-gnu", "/usr/bin"];
  const layers = folders.filter((each) => existsSync(each)).map((each) => filesBelow(each, 60 * 1024 * 1024));
  const files = layers.flat();
  const bytes = files.reduce((sum, { content = "" }) => sum + content.length, 0);
  return { image: buildImage({ layers: layers.map(layer) }), files: files.length, bytes };
}

function filesBelow(root: string, limitBytes: number): readonly LayerFile[] {
  const found: LayerFile[] = [];
  let left = limitBytes;
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const at = join(path, entry.name);
      if (entry.isDirectory()) visit(at);
      if (!entry.isFile() || left <= 0) continue;
      const content = readFileSync(at);
      left -= content.length;
      found.push({ path: at.slice(1), content, mode: statSync(at).mode & 0o777 });
    }
  };
  visit(root);
  return found;
}

function timed(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const startedMs = performance.now();
  const done = spawnSync(file, args, { env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${file} ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return performance.now() - startedMs;
}

function fresh(name: string): string {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}

interface Containerd extends AsyncDisposable {
  pull(image: string): number;
}

async function containerd(): Promise<Containerd | undefined> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/containerd")) return undefined;
  const home = fresh("containerd");
  const socket = join(home, "socket");
  const config = join(home, "config.toml");
  const off = ["io.containerd.grpc.v1.cri"].map((name) => JSON.stringify(name)).join(",");
  writeFileSync(
    config,
    `version = 2\nroot = "${home}/root"\nstate = "${home}/state"\ndisabled_plugins = [${off}]\n[grpc]\naddress = "${socket}"\n[ttrpc]\naddress = "${socket}.ttrpc"\n`,
  );
  const child = spawn("containerd", ["--config", config, "--log-level", "error"], { stdio: "ignore" });
  const ctr = (...args: string[]): string[] => ["--address", socket, ...args];
  while (spawnSync("ctr", ctr("version")).status !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    pull(image) {
      const ms = timed("ctr", ctr("images", "pull", "--plain-http", image));
      spawnSync("ctr", ctr("images", "rm", "--sync", image));
      spawnSync("ctr", ctr("content", "prune", "references"));
      return ms;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

async function pulls(): Promise<void> {
  const { image, files, bytes } = bigImage();
  await using registry = await debianRegistry();
  const name = await registry.push("bench/big:1", image);
  await using other = await containerd();
  const own: number[] = [];
  const skopeo: number[] = [];
  const ctr: number[] = [];
  const hasSkopeo = spawnSync("skopeo", ["--version"]).status === 0;
  // In turns: what else the machine does hits all of them alike.
  for (let round = 0; round < rounds; round += 1) {
    const home = fresh("home");
    own.push(timed(process.execPath, ["dist/cox.cjs", "image", "pull", name], { ...process.env, COX_HOME: home }));
    if (hasSkopeo) {
      const copy = ["copy", "--insecure-policy", "--src-tls-verify=false", `docker://${name}`, `oci:${fresh("layout")}:1`];
      skopeo.push(timed("skopeo", copy));
    }
    if (other !== undefined) ctr.push(other.pull(name));
  }
  const packed = [...image.blobs.values()].reduce((sum, blob) => sum + blob.length, 0);
  const mb = (count: number): string => (count / 1e6).toFixed(0);
  console.log(
    `an image of ${files} files, ${mb(bytes)} MB, ${mb(packed)} MB packed, pulled ${rounds} times by each in turn, median (all):`,
  );
  console.log(`  cox image pull, downloaded, checked and unpacked: ${seconds(own)}`);
  console.log(hasSkopeo ? `  skopeo copy to a folder, not unpacked:            ${seconds(skopeo)}` : "  skopeo is not installed");
  console.log(
    other === undefined
      ? "  containerd is not installed, or this isn't root"
      : `  ctr images pull, unpacked:                        ${seconds(ctr)}`,
  );
}

/** From the request until a watch tells that it is Ready. */
async function startMs(client: Client, name: string, image: string): Promise<number> {
  const stop = new AbortController();
  const options = { namespace: "default", fieldSelector: `metadata.name=${name}`, sendInitialEvents: true, signal: stop.signal };
  const startedMs = performance.now();
  await client.create(podKind, { metadata: { name, namespace: "default" }, spec: { containers: [{ name: "main", image }] } });
  for await (const event of client.watch(podKind, options)) {
    const ready =
      event.type !== "BOOKMARK" && event.object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    if (ready === true) break;
  }
  stop.abort();
  return performance.now() - startedMs;
}

async function podStarts(who: string, prefix: readonly string[]): Promise<void> {
  await using registry = await debianRegistry();
  const image = await registry.push("bench/nginx:1", debianImage("nginx"));
  const home = fresh("pods");
  chmodSync(folder, 0o755);
  if (prefix.length > 0) chownSync(home, ordinaryId, ordinaryId);
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, COX_HOME: join(home, "state"), KUBECONFIG: join(home, "kubeconfig") };
  const cox = (...args: string[]): number => {
    const [file = "", ...rest] = [...prefix, process.execPath, join(process.cwd(), "dist/cox.cjs"), ...args];
    return timed(file, rest, env);
  };
  cox("up", "--name", "bench", "--nodes", "1");
  const token = readFileSync(join(home, "state/bench/pki/admin.token"), "utf8").trim();
  const link = withBearer(unixTransport(join(home, "state/bench/run/api.sock")), token);
  try {
    const client = createClient(link.transport);
    const times: number[] = [];
    for (let n = 0; n <= 2 * rounds; n += 1) times.push(await startMs(client, `p${n}`, image));
    const [first = 0, ...others] = times.map(Math.round);
    console.log(
      `a pod of nginx's image, created to Ready, ${who}: ${first} ms with the pull, then ${median(others)} ms (${others.join(", ")})`,
    );
  } finally {
    link.close();
    cox("down", "--name", "bench", "--delete");
  }
}

const needed = ["busybox", "nginx"] as const;
const why = whyNoRegistry() ?? (missingPrograms(needed).length > 0 ? `not installed: ${missingPrograms(needed).join(", ")}` : undefined);
if (why === undefined) {
  try {
    await pulls();
    if (process.getuid?.() === 0) await podStarts("as root", []);
    await podStarts("as an ordinary user", process.getuid?.() === 0 ? ordinaryUser : []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else console.log(`left out: ${why}`);
