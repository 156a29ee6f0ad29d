/**
 * Pod sandboxes: one waiting process per pod holds its network, host name and IPC namespaces (and its process ids when containers share
 * them). When that process ends, all of it is gone; but for the pod's shared memory, which is a file system of its own so that it has a limit.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { PodSandboxConfig, Sandboxes, SandboxStatus } from "../../../kubelet/ports/runtime.ts";
import type { ClusterNetwork } from "../../network/clusterNetwork.ts";
import { runTool, toolEnvironment } from "../../tool.ts";
import type { NodeGroups } from "./nodeGroups.ts";

export interface Sandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly ip: string;
  readonly createdAtMs: number;
  /** Of the process that holds the namespaces, as this process sees it. */
  readonly pid: number;
  state: SandboxStatus["state"];
}

export interface SandboxesOptions {
  readonly nodeName: string;
  readonly network: ClusterNetwork;
  readonly groups: NodeGroups;
  /** Folder on the shelf. */
  readonly scratch: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called before a sandbox goes: ends what runs in it. */
  readonly endContainers: (sandboxId: string) => Promise<void>;
}

/** $1: host name; $2: whether it has a network; $3: whether containers share its process ids; then sysctls, path and value; stdin: `ip -batch` lines. Says `ready PID` on stdout, then waits for ever. */
const holdScript = `
hostname -- "$1" 2>/dev/null || echo "$1" >/proc/sys/kernel/hostname || exit 1
if [ "$2" = net ]; then
  echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
  ip -batch - || exit 1
fi
shared=$3
shift 3
while [ $# -gt 1 ]; do
  echo "$2" >"/proc/sys/$1" || exit 1
  shift 2
done
read -r pid rest </proc/self/stat
echo "ready $pid"
exec >/dev/null 2>&1 </dev/null
if [ "$shared" = pids ]; then
  trap 'exit 0' TERM
  while :; do sleep 2147483647 & wait $!; done
fi
exec sleep 2147483647
`;

export class NamespaceSandboxes implements Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #holders = new Map<string, ChildProcess>();
  readonly #lost = new Set<(sandboxId: string) => void>();

  constructor(options: SandboxesOptions) {
    this.#options = options;
    makeShared(join(options.scratch, "shm-of-the-node"));
  }

  async run(config: PodSandboxConfig): Promise<SandboxStatus> {
    const id = randomBytes(32).toString("hex");
    const { network, nodeName, clock, groups } = this.#options;
    const link = config.hostNetwork ? undefined : network.reserve(id, nodeName);
    try {
      groups.addPod(id, config.cgroup);
      if (config.hostIpc !== true) await mountShared(this.sharedMemory(id, config));
      const pid = await this.#hold(id, config, link?.insideLines);
      if (link !== undefined) await network.attach(id);
      const sandbox: Sandbox = { id, config, ip: link?.ip ?? "", createdAtMs: clock.now(), pid, state: "ready" };
      this.#sandboxes.set(id, sandbox);
      if (this.#holders.get(id)?.exitCode !== null) sandbox.state = "notReady";
      return statusOf(sandbox);
    } catch (error) {
      await this.#release(id);
      throw error;
    }
  }

  get(id: string): Sandbox | undefined {
    return this.#sandboxes.get(id);
  }

  async stop(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    await this.#options.endContainers(id);
    sandbox.state = "notReady";
    await this.#release(id);
  }

  async remove(id: string): Promise<void> {
    await this.stop(id);
    this.#sandboxes.delete(id);
  }

  async resize(id: string, cgroup: PodSandboxConfig["cgroup"]): Promise<void> {
    if (!this.#sandboxes.has(id)) throw new Error(`sandbox ${id} is not running`);
    this.#options.groups.changePod(id, cgroup);
  }

  async list(): Promise<readonly SandboxStatus[]> {
    return [...this.#sandboxes.values()].map(statusOf);
  }

  onLost(handler: (sandboxId: string) => void): Disposable {
    this.#lost.add(handler);
    return { [Symbol.dispose]: () => void this.#lost.delete(handler) };
  }

  /** The folder that all containers of the pod have as /dev/shm. */
  sharedMemory(id: string, { hostIpc }: PodSandboxConfig): string {
    return join(this.#options.scratch, hostIpc === true ? "shm-of-the-node" : `shm-${id.slice(0, 16)}`);
  }

  async #hold(id: string, config: PodSandboxConfig, lines: readonly string[] | undefined): Promise<number> {
    const net = lines === undefined ? [] : ["--net"];
    const pids = config.shareProcessNamespace ? ["--pid", "--fork", "--kill-child"] : [];
    const script = [
      "sh",
      "-c",
      holdScript,
      "sh",
      config.hostname,
      lines === undefined ? "" : "net",
      config.shareProcessNamespace ? "pids" : "",
      ...Object.entries(config.sysctls ?? {}).flatMap(([name, value]) => [name.replaceAll(".", "/"), value]),
    ];
    const ipc = config.hostIpc === true ? [] : ["--ipc"];
    const holder = spawn("unshare", [...net, "--uts", ...ipc, ...pids, "--", ...script], { env: toolEnvironment, stdio: "pipe" });
    this.#holders.set(id, holder);
    holder.once("exit", () => this.#gone(id));
    holder.stdin.on("error", () => undefined);
    holder.stdin.end((lines ?? []).map((line) => `${line}\n`).join(""));
    return await readyPid(holder);
  }

  #gone(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined || sandbox.state === "notReady") return;
    this.#options.log.warn("a pod's sandbox ended by itself", { pod: `${sandbox.config.namespace}/${sandbox.config.name}` });
    sandbox.state = "notReady";
    for (const handler of this.#lost) handler(id);
  }

  async #release(id: string): Promise<void> {
    const holder = this.#holders.get(id);
    this.#holders.delete(id);
    if (holder !== undefined && holder.exitCode === null && holder.signalCode === null && holder.pid !== undefined) {
      const gone = once(holder, "exit");
      holder.kill("SIGKILL");
      await gone;
    }
    this.#options.network.release(id);
    this.#options.groups.removePod(id);
    const shared = join(this.#options.scratch, `shm-${id.slice(0, 16)}`);
    // Without a mount there, as where the run failed early, it says so.
    if (existsSync(shared)) await runTool("umount", ["-n", "-l", shared]).catch(() => undefined);
    // With the folder go the mounts of it that other pods' containers got a copy of.
    rmSync(shared, { recursive: true, force: true });
  }
}

function makeShared(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o1777);
}

/** Upstream: github.com/containerd/containerd, internal/cri/opts (the default size of a sandbox's /dev/shm) */
const sharedMemorySize = "65536k";

async function mountShared(folder: string): Promise<void> {
  mkdirSync(folder);
  await runTool("mount", ["-n", "-t", "tmpfs", "-o", `mode=1777,size=${sharedMemorySize},nosuid,nodev,noexec`, "shm", folder]);
}

/** Resolves with the pid that the script says, rejects when it ended before. */
function readyPid(holder: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    let complaint = "";
    holder.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
    holder.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      const ready = /^ready (\d+)$/m.exec(said)?.[1];
      if (ready !== undefined) resolve(Number(ready));
    });
    const fail = (reason: string): void => reject(new Error(`cannot make the pod's namespaces: ${complaint.trim() || reason}`));
    holder.once("error", (error) => fail(error.message));
    holder.once("close", () => fail("unshare failed"));
  });
}

function statusOf(sandbox: Sandbox): SandboxStatus {
  const { id, config, state, ip, createdAtMs } = sandbox;
  return { id, config, state, ip, createdAtMs };
}
