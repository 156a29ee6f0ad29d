/** A containerd of a test's own: its root, state, sockets and CNI folders lie in one temporary folder; a pause image and others are put into it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GrpcChannel } from "../../../src/host-node/cri/grpc.ts";
import { listContainers } from "../../../src/host-node/cri/messages/runtimeService.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../src/host-node/images/archive/tarWriter.ts";
import { untilTrue } from "../../lab/realCluster.ts";
import { type BuiltImage, buildImage, layer, type LayerFile, sha256 } from "../images/builder.ts";

/** Undefined: containerd can be run here. */
export function whyNoContainerd(): string | undefined {
  if (process.getuid?.() !== 0) return "containerd needs root";
  for (const tool of ["containerd", "runc", "ctr", "ip", "nsenter"]) {
    if (spawnSync("sh", ["-c", `command -v ${tool}`], { env: { PATH: toolPath } }).status !== 0) return `${tool} isn't installed`;
  }
  return existsSync("/usr/bin/busybox") || existsSync("/bin/busybox") ? undefined : "busybox-static isn't installed";
}

/** COX_TEST_CONTAINERD: the folder of another containerd than the installed one, with its shim and ctr. */
const toolPath = [process.env["COX_TEST_CONTAINERD"], "/usr/sbin:/usr/bin:/sbin:/bin"].filter(Boolean).join(":");
/** Whether it is containerd 1, which knows less of CRI than its successors. */
export function isContainerd1(): boolean {
  return / v?1\.\d/.test(spawnSync("containerd", ["--version"], { encoding: "utf8", env: { PATH: toolPath } }).stdout ?? "");
}

const busyboxPath = existsSync("/usr/bin/busybox") ? "/usr/bin/busybox" : "/bin/busybox";
export const busyboxName = "docker.io/coxswain-test/busybox:1";
export const pauseName = "docker.io/coxswain-test/pause:1";

export interface PrivateContainerd extends AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  readonly log: string;
  /** Starts it again after `kill`. */
  start(): Promise<void>;
  /** As a crash would: its shims and containers stay. */
  kill(): Promise<void>;
  importImage(name: string, image: BuiltImage): void;
  /** Ids of all containers, sandboxes' too. */
  containers(): readonly string[];
}

const applets =
  "sh cat echo sleep true false ls id env hostname wget nc httpd printf seq head tail dd sha256sum tee kill ps stty grep mount touch nslookup".split(
    " ",
  );

export function busyboxImage(config: object = { Entrypoint: ["/bin/sleep"], Cmd: ["2147483647"] }): BuiltImage {
  const files: LayerFile[] = [
    { path: "bin/", type: "folder" },
    { path: "tmp/", type: "folder", mode: 0o1777 },
    { path: "etc/", type: "folder" },
    { path: "etc/passwd", content: "root:x:0:0:root:/:/bin/sh\nweb:x:101:102::/:/bin/sh\n" },
    { path: "bin/busybox", mode: 0o755, content: readFileSync(busyboxPath) },
    ...applets.map((name): LayerFile => ({ path: `bin/${name}`, type: "symlink", linkPath: "busybox" })),
  ];
  return buildImage({ layers: [layer(files)], config: { Env: ["PATH=/bin"], ...config } });
}

/** `prepareRoot`: makes the folder that it keeps everything in; what is mounted there goes in the end. */
export async function privateContainerd(prepareRoot?: (path: string) => void): Promise<PrivateContainerd> {
  const folder = mkdtempSync(join(tmpdir(), "cox-cri-"));
  const socket = join(folder, "c.sock");
  const log = join(folder, "containerd.log");
  mkdirSync(join(folder, "cni"), { recursive: true });
  prepareRoot?.(join(folder, "root"));
  writeFileSync(join(folder, "config.toml"), configText(folder, socket));
  let child: ChildProcess | undefined;
  const subject: PrivateContainerd = {
    folder,
    socket,
    log,
    async start() {
      const output = openSync(log, "a");
      child = spawn("containerd", ["-c", join(folder, "config.toml")], { stdio: ["ignore", output, output], env: { PATH: toolPath } });
      closeSync(output);
      await untilTrue(() => ctr(socket, ["version"]).status === 0, "containerd answers");
      await untilAnswers(socket);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
    importImage(name, image) {
      const archive = join(folder, "import.tar");
      writeFileSync(archive, archiveOf(name, image));
      const done = ctr(socket, ["images", "import", archive]);
      rmSync(archive);
      if (done.status !== 0) throw new Error(`ctr images import: ${done.stderr}`);
    },
    containers: () => ctr(socket, ["containers", "list", "-q"]).stdout.split("\n").filter(Boolean),
    async [Symbol.asyncDispose]() {
      await subject.kill();
      endShims(folder);
      unmountBelow(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await subject.start();
    subject.importImage(pauseName, busyboxImage());
    subject.importImage(busyboxName, busyboxImage());
  } catch (error) {
    const said = readFileSync(log, "utf8").split("\n").slice(-20).join("\n");
    await subject[Symbol.asyncDispose]();
    throw new Error(`containerd doesn't start: ${String(error)}\n${said}`, { cause: error });
  }
  return subject;
}

/** containerd 2 listens before its CRI plug-in is ready. */
async function untilAnswers(socket: string): Promise<void> {
  using channel = new GrpcChannel(socket);
  for (let tries = 0; ; tries += 1) {
    try {
      await channel.call(listContainers, {});
      return;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function configText(folder: string, socket: string): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${folder}/t.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseName}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${folder}/cni/bin"
    conf_dir = "${folder}/cni/conf"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
`;
}

function ctr(
  socket: string,
  args: readonly string[],
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync("ctr", ["-a", socket, "-n", "k8s.io", ...args], { encoding: "utf8", env: { PATH: toolPath } });
}

/** An OCI layout whose index names the image. */
function archiveOf(name: string, image: BuiltImage): Buffer {
  const file = (path: string, bytes: Buffer): Buffer[] => [tarHeader({ path, sizeBytes: bytes.length }), bytes, tarPadding(bytes.length)];
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = {
    mediaType,
    digest: sha256(image.manifest),
    size: image.manifest.length,
    annotations: { "io.containerd.image.name": name },
  };
  const blobs = [...image.blobs.values(), image.manifest].flatMap((bytes) => file(`blobs/${sha256(bytes).replace(":", "/")}`, bytes));
  return Buffer.concat([
    ...file("oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
    ...file("index.json", Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [manifest] }))),
    ...blobs,
    tarEnd,
  ]);
}

/** They outlive containerd, and their containers with them. */
function endShims(folder: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (words.includes("containerd-shim") && words.includes(`${folder}/`)) endTree(Number(pid));
    } catch {
      // Gone meanwhile.
    }
  }
}

function endTree(pid: number): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  for (const child of [...children.map(Number), pid]) process.kill(child, "SIGKILL");
}

function unmountBelow(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  const below = mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed();
  if (below.length > 0) execFileSync("umount", ["-l", ...below]);
}
