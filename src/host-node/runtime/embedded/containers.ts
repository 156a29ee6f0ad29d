/**
 * Containers of the embedded runtime: their life from created to removed. Each is one child process (which stays until the container's process 1 ends,
 * and whose exit is its exit) with its log, its root folder and whoever listens.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { type ContainerConfig, type Containers, type ContainerStatus, StartError, type Written } from "../../../kubelet/ports/runtime.ts";
import type { ImageLibrary } from "../../images/images.ts";
import { takenBy } from "../../diskSpace.ts";
import { type LogFile, openLogFile } from "../../logs/logFile.ts";
import { type Identity, identityOf } from "../accounts.ts";
import { endProcess, openMounts, placeOf, sendSignal } from "../processes.ts";
import { podFiles } from "../podFiles.ts";
import { commandLine, environmentOf, requireProgram } from "../program.ts";
import type { RootView } from "../rootView.ts";
import { containerLaunch, type Launch, type LaunchRequest } from "./launch.ts";
import type { PipedChild } from "./pipes.ts";
import { type Privileges, privilegesOf } from "./privileges.ts";
import type { NodeGroups } from "./nodeGroups.ts";
import { prepareRoot } from "./rootfs.ts";
import type { NamespaceSandboxes, Sandbox } from "./sandboxes.ts";
import type { Shelf } from "./shelf.ts";
import type { Seccomp } from "./seccomp.ts";
import { requestStop, signalNumber } from "./stopSignal.ts";

export interface Container {
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly config: ContainerConfig;
  readonly folder: string;
  /** Its writable layer is in there. */
  readonly layer: string;
  readonly log: LogFile;
  readonly launch: Launch;
  readonly view: RootView;
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly privileges: Privileges;
  readonly stopSignal: number;
  /** Its control group. */
  readonly group: string;
  status: ContainerStatus;
  /** Process 1 of the container as this process sees it; 0 while it doesn't run. */
  pid: number;
  child: PipedChild | undefined;
  /** Resolves when it has exited and its output is in the log. */
  exited: Promise<void>;
}

export interface ContainersOptions {
  readonly sandboxes: NamespaceSandboxes;
  readonly images: ImageLibrary;
  readonly shelf: Shelf;
  readonly groups: NodeGroups;
  readonly seccomp: Seccomp;
  readonly clock: Clock;
  readonly logFolder: string;
  readonly asRoot: boolean;
}

type Handler = Parameters<Containers["onEvent"]>[0];
const outputGraceMs = 500;

export class NamespaceContainers implements Containers {
  readonly #options: ContainersOptions;
  readonly #containers = new Map<string, Container>();
  readonly #handlers = new Set<Handler>();

  constructor(options: ContainersOptions) {
    this.#options = options;
    // What an agent that was killed left: its containers are gone.
    rmSync(options.logFolder, { recursive: true, force: true });
  }

  get(id: string): Container | undefined {
    return this.#containers.get(id);
  }

  inSandbox(sandboxId: string): readonly Container[] {
    return [...this.#containers.values()].filter((each) => each.sandbox.id === sandboxId);
  }

  async create(sandboxId: string, config: ContainerConfig): Promise<string> {
    const { sandboxes, images, shelf, clock, asRoot } = this.#options;
    const sandbox = sandboxes.get(sandboxId);
    if (sandbox === undefined || sandbox.state !== "ready") throw new Error(`sandbox ${sandboxId} is not running`);
    const id = randomBytes(32).toString("hex");
    const image = await images.open(config.imageRef);
    const workingDir = config.workingDir || image.config.workingDir || "/";
    const folder = join(shelf.scratch, id.slice(0, 16));
    const layer = join(shelf.layers, id.slice(0, 16));
    mkdirSync(folder);
    try {
      const files = podFiles(sandbox.config, sandbox.ip);
      const group = this.#group(id, sandbox, config, folder);
      const seen = {
        groups: asRoot ? this.#options.groups.views(group) : [],
        sharedMemory: sandboxes.sharedMemory(sandboxId, sandbox.config),
      };
      const { view } = await prepareRoot(shelf, { folder, layer, image, config, workingDir, files, asRoot, ...seen });
      const user = identityOf(view, config.security, image.config.user);
      const hasOneId = !asRoot && user.uid === 0 && user.gid === 0;
      const privileges = privilegesOf(config.security, user, asRoot, (kept) =>
        this.#options.seccomp.words(config.security, kept, hasOneId),
      );
      const env = new Map([["HOSTNAME", sandbox.config.hostname], ...environmentOf(config, image.config)]);
      if (config.tty) env.set("TERM", env.get("TERM") ?? "xterm");
      env.set("HOME", env.get("HOME") ?? user.home);
      const command = commandLine(config, image.config);
      const pids = pidsOf(sandbox.config);
      const { tty } = config;
      const launch = containerLaunch({ folder, sandboxPid: sandbox.pid, pids, tty, privileges, workingDir, env, command });
      const log = openLogFile({ path: this.#logPath(sandbox, config), clock });
      const status = { ...freshStatus(id, sandboxId, config, clock.now()), user: asSeen(user) };
      const stopSignal = signalNumber(config.stopSignal || image.config.stopSignal);
      const state = { status, pid: 0, child: undefined, exited: Promise.resolve() };
      const rest = { view, command, env, workingDir, privileges, stopSignal, group, ...state };
      this.#containers.set(id, { id, sandbox, config, folder, layer, log, launch, ...rest });
      return id;
    } catch (error) {
      for (const each of [folder, layer]) rmSync(each, { recursive: true, force: true });
      throw error;
    }
  }

  #group(id: string, { config: pod }: Sandbox, { resources }: ContainerConfig, folder: string): string {
    const { groups } = this.#options;
    const path = groups.addContainer(id, pod.cgroup.parent, resources);
    writeFileSync(join(folder, "join"), groups.joinScript(path, resources.oomScoreAdj));
    return path;
  }

  async start(id: string): Promise<void> {
    const container = this.#require(id);
    if (container.status.state !== "created") throw new Error(`container ${id} is already ${container.status.state}`);
    try {
      const path = container.env.get("PATH") ?? "";
      requireProgram(container.view, { name: container.command[0], workingDir: container.workingDir, path });
      await this.#launch(container);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const now = this.#options.clock.now();
      const ended = { finishedAtMs: now, exitCode: error.exitCode, reason: "StartError", message: error.message };
      container.status = { ...container.status, state: "exited", startedAtMs: now, ...ended };
      container.log.end();
      throw error;
    }
    this.#tell(container, "started");
  }

  async stop(id: string, graceMs: number): Promise<void> {
    const container = this.#containers.get(id);
    if (container?.status.state !== "running") return;
    if (graceMs > 0) {
      const { clock } = this.#options;
      using asked = requestStop(container.pid, container.stopSignal, clock);
      using timer = clock.after(graceMs, () => sendSignal(container.pid, constants.signals.SIGKILL));
      void asked;
      void timer;
      await container.exited;
      return;
    }
    sendSignal(container.pid, constants.signals.SIGKILL);
    await container.exited;
  }

  async remove(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    await this.stop(id, 0);
    container.log.end();
    this.#containers.delete(id);
    this.#options.groups.remove(container.group);
    for (const each of [container.folder, container.layer]) rmSync(each, { recursive: true, force: true });
    for (const segment of container.log.segments) rmSync(segment, { force: true });
    removeEmptyFolders(dirname(container.log.segments[0] ?? this.#options.logFolder), this.#options.logFolder);
  }

  async resize(id: string, resources: ContainerConfig["resources"]): Promise<void> {
    const { group, sandbox, status } = this.#require(id);
    if (status.state === "running") this.#options.groups.changeContainer(group, sandbox.config.cgroup.parent, resources);
  }

  async written(id: string): Promise<Written | undefined> {
    const container = this.#containers.get(id);
    if (container === undefined || !this.#options.shelf.overlay) return undefined;
    const [rootBytes, logBytes] = await Promise.all([takenBy([join(container.layer, "upper")]), takenBy(container.log.segments)]);
    return { rootBytes, logBytes };
  }

  async status(id: string): Promise<ContainerStatus | undefined> {
    return this.#containers.get(id)?.status;
  }

  async list(): Promise<readonly ContainerStatus[]> {
    return [...this.#containers.values()].map((each) => each.status);
  }

  onEvent(handler: Handler): Disposable {
    this.#handlers.add(handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  async #launch(container: Container): Promise<void> {
    const { launch, config, log } = container;
    const piped = await this.#options.shelf.pipes.spawn(launch, { stdin: config.stdin || config.tty, status: true });
    container.child = piped;
    const { child, stdout, stderr, status, closed } = piped;
    const exit = new Promise<{ code: number | null; name: NodeJS.Signals | null }>((resolve) => {
      child.once("exit", (code, name) => resolve({ code, name }));
      child.once("error", () => resolve({ code: 127, name: null }));
    });
    await new Promise<void>((resolve, reject) => {
      const early: Buffer[] = [];
      let word = "";
      const hold = (data: Buffer): void => void early.push(data);
      stdout.on("data", (data: Buffer) => log.append("stdout", data));
      stderr.on("data", hold);
      status?.on("data", (data: Buffer) => {
        word += data.toString();
        const pid = /^go (\d+)$/m.exec(word)?.[1];
        if (pid === undefined) return;
        // Where its first process isn't the first of its process ids, the others don't end with it.
        const mounts = pidsOf(container.sandbox.config) === "own" ? undefined : openMounts(join(container.folder, "holder"));
        // `unshare` keeps its end open as long as the container runs.
        status.destroy();
        stderr.off("data", hold);
        for (const data of early) log.append("stderr", data);
        stderr.on("data", (data: Buffer) => log.append("stderr", data));
        container.pid = Number(pid);
        container.status = { ...container.status, state: "running", startedAtMs: this.#options.clock.now() };
        container.exited = this.#follow(container, mounts === undefined ? exit : exit.finally(() => mounts.end()), closed);
        resolve();
      });
      void exit.then(async () => {
        await closed;
        const complaint = Buffer.concat(early).toString().trim();
        if (container.pid === 0) reject(new StartError(128, `cannot make the container: ${complaint || "no reason given"}`));
      });
    });
  }

  async #follow(
    container: Container,
    exit: Promise<{ code: number | null; name: NodeJS.Signals | null }>,
    closed: Promise<void>,
  ): Promise<void> {
    const first = placeOf(container.pid);
    const { code, name } = await exit;
    // Killed itself, the child has left process 1 behind, which would hold the ports that the next container wants.
    if (name !== null && first !== undefined) await endProcess(first, this.#options.clock);
    // The output of a process that ended may still be in the pipe; a stray that keeps it open must not hold up the exit.
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.after(outputGraceMs, resolve);
      void closed.then(() => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
    container.log.end();
    // 128 + n: the shell's way to say that signal n ended it; Kubernetes shows the same number.
    const exitCode = name === null ? (code ?? 0) : 128 + constants.signals[name];
    const signalNumber = exitCode > 128 && exitCode <= 128 + 64 ? exitCode - 128 : 0;
    container.pid = 0;
    container.child = undefined;
    const { groups } = this.#options;
    const reason = exitCode === 0 ? "Completed" : groups.oomKills(container.group) > 0 ? "OOMKilled" : "Error";
    groups.remove(container.group);
    container.status = { ...container.status, state: "exited", finishedAtMs: clock.now(), exitCode, signal: signalNumber, reason };
    this.#tell(container, "exited");
  }

  #tell(container: Container, type: "started" | "exited"): void {
    for (const handler of this.#handlers) handler({ containerId: container.id, sandboxId: container.sandbox.id, type });
  }

  #require(id: string): Container {
    const container = this.#containers.get(id);
    if (container === undefined) throw new Error(`no container ${id}`);
    return container;
  }

  #logPath({ config: pod }: Sandbox, { name, attempt }: ContainerConfig): string {
    return join(this.#options.logFolder, `${pod.namespace}_${pod.name}_${pod.podUid}`, name, `${attempt}.log`);
  }
}

/** Up to `limit`, which stays. */
function removeEmptyFolders(folder: string, limit: string): void {
  for (let at = folder; at.startsWith(`${limit}/`); at = dirname(at)) {
    try {
      rmdirSync(at);
    } catch {
      return;
    }
  }
}

/** The first of the groups is always the gid, as containerd tells it. */
function asSeen({ uid, gid, groups }: Identity): ContainerStatus["user"] {
  return { uid, gid, groups: [gid, ...groups] };
}

function pidsOf({ hostPid, shareProcessNamespace }: Sandbox["config"]): LaunchRequest["pids"] {
  return hostPid ? "node" : shareProcessNamespace ? "pod" : "own";
}

function freshStatus(id: string, sandboxId: string, config: ContainerConfig, now: number): ContainerStatus {
  const { name, attempt, image, imageRef } = config;
  const times = { createdAtMs: now, startedAtMs: 0, finishedAtMs: 0 };
  return { id, sandboxId, name, attempt, image, imageRef, state: "created", ...times, exitCode: 0, signal: 0, reason: "", message: "" };
}
