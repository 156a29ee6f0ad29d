/** `cox up`: starts a cluster in the background and returns when all of its nodes are Ready. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type ClusterRecord, ClusterState, freeIndex, stateVersion, homeFolder } from "../../daemon/clusterState.ts";
import { type Command, CommandError, type CommandInput, type Streams } from "../command.ts";
import type { StartMessage } from "../../daemon/messages.ts";
import { accessOf } from "../access.ts";
import { freeDisk } from "../freeDisk.ts";
import { programFolder } from "../programs.ts";
import { kubeconfigPath, mergeContext } from "../kubeconfigFile.ts";

export const defaultClusterName = "local";
export const defaultNodes = 5;
const maxNodes = 100;
/** Less, and the store can't even make its files. */
const minFreeBytes = 32 * 2 ** 20;
const startTimeoutMs = 120_000;

export const up: Command = {
  name: "up",
  summary: "Starts a cluster and returns when all nodes are Ready.",
  options: {
    name: { type: "string", value: "NAME", default: defaultClusterName, help: "the cluster's name; its context is cox-NAME" },
    nodes: { type: "string", value: "N", help: `how many nodes (default ${defaultNodes}, or as before)` },
    catalogue: { type: "string", value: "on|off", default: "on", help: "use the built-in stand-ins for the lab's images" },
    runtime: { type: "string", value: "embedded|cri=SOCKET", help: "what runs the pods (default embedded, or as before)" },
  },
  async run(input) {
    const name = input.text("name") ?? defaultClusterName;
    const catalogue = input.text("catalogue") !== "off";
    return startCluster(input, { name, nodes: input.text("nodes"), catalogue, runtime: input.text("runtime") });
  },
};

export interface StartRequest {
  readonly name: string;
  readonly nodes: string | undefined;
  readonly catalogue: boolean;
  /** Default: as before, or embedded. */
  readonly runtime?: string | undefined;
}

export async function startCluster(input: Pick<CommandInput, "streams" | "env" | "signal">, request: StartRequest): Promise<number> {
  const { streams, env } = input;
  const state = new ClusterState(homeFolder(env), request.name);
  const nodes = request.nodes === undefined ? undefined : nodeCount(request.nodes);
  const runtime = request.runtime === undefined ? undefined : checkedRuntime(request.runtime);
  const running = state.exists() ? state.runningPid() : undefined;
  if (running !== undefined) {
    throw new CommandError(
      `The cluster "${state.name}" is up already (pid ${running}): use it with 'kubectl --context cox-${state.name}', or stop it with 'cox down --name ${state.name}'.`,
    );
  }
  refuseFullDisk(homeFolder(env));
  const startedMs = performance.now();
  const record = await prepareState(state, env, { nodes, runtime });
  streams.out(`Starting cluster "${state.name}" with ${record.nodes} node${record.nodes === 1 ? "" : "s"} ...\n`);
  const notes = await launch(state, request, input);
  mergeContext(kubeconfigPath(env), accessOf(state));
  for (const note of notes) streams.out(` ! ${note}\n`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  streams.out(`Ready in ${seconds} s. The context "cox-${state.name}" is set in ${kubeconfigPath(env)}.\n`);
  return 0;
}

function refuseFullDisk(home: string): void {
  const { folder, bytes } = freeDisk(home);
  if (bytes >= minFreeBytes) return;
  throw new CommandError(
    `Only ${(bytes / 2 ** 20).toFixed(1)} MB are free at ${folder}, and a cluster needs ${minFreeBytes / 2 ** 20}: free some, or set COX_HOME to a folder with more room.`,
  );
}

function nodeCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > maxNodes) throw new CommandError(`--nodes ${text}: give a number from 1 to ${maxNodes}.`);
  return count;
}

/** `cri=` stands before the path of a socket, with or without `unix://`. */
function checkedRuntime(text: string): string {
  if (text === "embedded") return text;
  const path = /^cri=(?:unix:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path === undefined)
    throw new CommandError(`--runtime ${text}: give embedded, or cri= and the path of a socket, e.g. cri=/run/containerd/containerd.sock.`);
  if (process.getuid?.() !== 0) throw new CommandError(`--runtime ${text}: only root can join a container runtime's pods to a network.`);
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true)
    throw new CommandError(`--runtime ${text}: there is no socket ${path}; is the container runtime running?`);
  return `cri=${path}`;
}

interface Asked {
  readonly nodes: number | undefined;
  readonly runtime: string | undefined;
}

async function prepareState(state: ClusterState, env: CommandInput["env"], { nodes, runtime }: Asked): Promise<ClusterRecord> {
  if (state.exists()) {
    const before = state.read();
    const record = { ...before, nodes: nodes ?? before.nodes, runtime: runtime ?? before.runtime };
    state.create(record);
    return record;
  }
  const record: ClusterRecord = {
    stateVersion,
    name: state.name,
    index: freeIndex(env),
    nodes: nodes ?? defaultNodes,
    apiPort: await freePort(),
    createdAt: new Date().toISOString(),
    runtime,
  };
  state.create(record);
  return record;
}

/** A port that is free now; kept in the record, so that the kubeconfig stays right over down and up. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Starts the control plane detached, and gives its notes once it says that all nodes are Ready. */
async function launch(
  state: ClusterState,
  request: StartRequest,
  input: Pick<CommandInput, "streams" | "env" | "signal">,
): Promise<readonly string[]> {
  const log = openSync(state.logFile, "a", 0o600);
  const child = spawn(
    process.execPath,
    [join(programFolder(), "control-plane.cjs"), state.folder, ...(request.catalogue ? [] : ["--catalogue=off"])],
    {
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      env: { ...input.env, NODE_EXTRA_CA_CERTS: undefined },
    },
  );
  closeSync(log);
  try {
    return await untilReady(child, state, input);
  } catch (error) {
    child.kill("SIGTERM");
    throw error;
  } finally {
    // It ends much later, perhaps while this process still runs.
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function untilReady(
  child: ChildProcess,
  state: ClusterState,
  input: { streams: Streams; signal: AbortSignal },
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => reject(new CommandError(message));
    const timer = setTimeout(
      () => fail(`The cluster was not ready within ${startTimeoutMs / 1000} s: see ${state.logFile}.`),
      startTimeoutMs,
    );
    timer.unref();
    input.signal.addEventListener("abort", () => fail("Interrupted; the cluster is being stopped."), { once: true });
    child.on("message", (message: StartMessage) => {
      if (message.type === "progress") input.streams.out(` - ${message.text}\n`);
      else if (message.type === "ready") resolve(message.notes);
      else fail(message.message);
    });
    child.on("error", (error) => fail(`The control plane can't be started: ${error.message}.`));
    child.on("exit", (code, signal) =>
      fail(`The control plane ended at once (${signal ?? `exit code ${code}`}): ${lastLine(state.logFile)}`),
    );
  });
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").at(-1) ?? `see ${file}`;
}
