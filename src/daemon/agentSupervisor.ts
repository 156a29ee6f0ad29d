/** Starts the node agent in its namespaces, keeps it running, and serves its side of the border: listeners in and out. */
import type { ChildProcess } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "../base/log.ts";
import { probeAbilities } from "../host-node/agent/abilities.ts";
import { spawnAgent } from "../host-node/agent/namespaces.ts";
import type { ApiListener } from "../host-node/apiListener.ts";
import { serveBorder } from "../host-node/border/controlSide.ts";
import { makeRoomForGroups } from "../host-node/runtime/cgroups/controlGroups.ts";
import { answerPulls, type PullImage } from "../host-node/images/pullChannel.ts";
import { type ClusterState, StateError } from "./clusterState.ts";
import { imageOwner } from "./imageService.ts";
import { removeEmptyGroups, removeLeftGroups } from "./leftGroups.ts";
import type { AgentNodePlan, AgentOrders, AgentReport, ClusterFacts } from "./messages.ts";
import type { ClusterSecrets } from "./pkiFiles.ts";

export interface AgentSupervisorOptions {
  readonly state: ClusterState;
  readonly plan: readonly AgentNodePlan[];
  readonly secrets: ClusterSecrets;
  readonly programs: string;
  readonly catalogue: boolean;
  /** The path of a CRI socket; empty: the embedded runtime. */
  readonly criSocket: string;
  readonly version: string;
  readonly log: Log;
  readonly listener: ApiListener;
  /** The agent can't reach registries from its own network. */
  readonly pullImage: PullImage;
}

export interface AgentSupervisor extends AsyncDisposable {
  /** As the agent reported at its last start. */
  readonly facts: ClusterFacts;
}

const restartDelayMs = 1000;

/** Resolves when the agent's nodes are registered. Throws StateError when it can't start. */
export async function superviseAgent(options: AgentSupervisorOptions): Promise<AgentSupervisor> {
  const supervisor = new Supervisor(options);
  await supervisor.start();
  return supervisor;
}

class Supervisor implements AgentSupervisor {
  facts: ClusterFacts = { runtime: "", dataPlane: "", notes: [] };
  private readonly options: AgentSupervisorOptions;
  private child: ChildProcess | undefined;
  private stopped = false;
  private readonly movedPorts: Record<string, string> = {};

  constructor(options: AgentSupervisorOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    const { state, programs, log } = this.options;
    rmSync(state.agentSocket, { force: true });
    if (this.options.criSocket === "") {
      await removeLeftGroups(state.folder);
      makeRoomForGroups();
    } else removeEmptyGroups(state.folder);
    const asRoot = process.getuid?.() === 0;
    const child = spawnAgent({
      command: [process.execPath, "--max-semi-space-size=4", join(programs, "agent.cjs")],
      env: { PATH: `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`, HOME: state.folder, LANG: "C.UTF-8" },
      output: "inherit",
      asRoot,
      networkOnly: this.options.criSocket !== "",
    });
    this.child = child;
    serveBorder(child, { onOffer: (_name, server) => this.options.listener.adopt(server) });
    answerPulls(child, this.options.pullImage);
    child.on("exit", (code, signal) => {
      if (this.stopped) return;
      log.error("the node agent ended, starting it again", { code: code ?? -1, signal: signal ?? "" });
      void this.restart();
    });
    const ready = this.reported(child);
    child.send(this.orders(asRoot), () => undefined);
    await ready;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true;
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // Its namespaces end with it, and everything in them: nothing but control groups is left to tidy.
    child.kill("SIGKILL");
    await ended;
    rmSync(this.options.state.agentSocket, { force: true });
    await this.endCriPods();
    await removeLeftGroups(this.options.state.folder);
  }

  private async endCriPods(): Promise<void> {
    const { criSocket, state, log } = this.options;
    if (criSocket === "") return;
    const { endCriPods } = await import("./criCleanUp.ts");
    await endCriPods(state, criSocket).catch((error: unknown) =>
      log.error("pods may be left in the container runtime", { socket: criSocket, error: String(error) }),
    );
  }

  private async restart(): Promise<void> {
    await wait(restartDelayMs);
    if (this.stopped) return;
    await this.start().catch((error: unknown) => this.options.log.error("the node agent can't be started", { error: String(error) }));
  }

  private orders(asRoot: boolean): AgentOrders {
    const { state, plan, secrets, programs, catalogue, version, criSocket } = this.options;
    const { folder, apiSocket, agentSocket } = state;
    return {
      type: "start",
      clusterName: state.name,
      nodes: plan,
      apiSocket,
      agentSocket,
      token: secrets.agentToken,
      folder,
      programs,
      catalogue,
      asRoot,
      criSocket,
      version,
      home: dirname(folder),
      imageOwner: imageOwner(),
    };
  }

  /** Resolves with the first "ready"; goes on listening for moved ports. */
  private reported(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      child.on("message", (message: AgentReport) => {
        if (message.type === "ready") {
          this.noteFacts(message);
          resolve();
        } else if (message.type === "failed") reject(new StateError(message.message));
        else if (message.type === "listener") this.noteListener(message);
      });
      child.on("error", (error) =>
        reject(new StateError(`The node agent can't be started (${error.message}): install util-linux, and see 'cox doctor'.`)),
      );
      child.once(
        "exit",
        (code, signal) => void reasonOfEnd(signal ?? `exit code ${code}`).then((reason) => reject(new StateError(reason))),
      );
    });
  }

  private noteFacts({ runtime, dataPlane, notes }: AgentReport & { type: "ready" }): void {
    this.facts = {
      agentPid: this.options.criSocket === "" ? firstChild(this.child?.pid ?? 0) : this.child?.pid,
      runtime,
      dataPlane,
      notes,
    };
    this.options.state.writePrivate(join("run", "facts.json"), JSON.stringify(this.facts));
  }

  private noteListener({ address, wantedPort, port }: AgentReport & { type: "listener" }): void {
    if (port === wantedPort) delete this.movedPorts[`${address}:${wantedPort}`];
    else this.movedPorts[`${address}:${wantedPort}`] = port === 0 ? "" : `${address}:${port}`;
    this.options.state.writePrivate(join("run", "moved-ports.json"), JSON.stringify(this.movedPorts));
  }
}

/** One sentence on why no agent can run here, found by trying what it needs. */
async function reasonOfEnd(how: string): Promise<string> {
  const missing = (await probeAbilities().catch(() => [])).find(({ ok, required }) => required && !ok);
  if (missing === undefined) return `The node agent ended at once (${how}): see 'cox doctor' and the log.`;
  return `Pods can't run on this machine, as ${missing.name} can't be had (${missing.why}): ${missing.remedy}.`;
}

/** What `unshare` forked: process 1 of the agent's pid namespace. */
function firstChild(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return child === undefined || child === "" ? undefined : Number(child);
  } catch {
    return undefined;
  }
}
