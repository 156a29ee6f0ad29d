/**
 * One container runtime that speaks CRI v1, as all nodes of a cluster use it together: the connection, the pod network's plug-in, who ended, whether it is
 * well. Opening it finds out what stands in the way. Left out: the older v1alpha2, runtimes without root, other machines.
 */
import { statSync } from "node:fs";
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type CniFolders, installPlugin } from "./cni.ts";
import { ExitWatch } from "./exitWatch.ts";
import { type GrpcChannel, GrpcChannel as Channel, GrpcError, grpcCodes } from "./grpc.ts";
import { RuntimeHealth } from "./health.ts";
import { ImageCollector } from "./imageCollector.ts";
import { EngineError } from "./engineError.ts";
import { type GroupDriver, groupDriverOf, refuseSystemdGroups } from "./groupDriver.ts";
import { status, type StatusAnswer, version } from "./messages/runtimeService.ts";

export interface EngineOptions {
  readonly socketPath: string;
  /** Whose sandboxes are whose; see ownership.ts. */
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Connects to a port of the machine's own network. */
  readonly dial: (host: string, port: number) => Promise<Socket>;
}

export interface CriEngine extends Disposable {
  readonly channel: GrpcChannel;
  readonly cluster: string;
  /** As in node.status.nodeInfo.containerRuntimeVersion, e.g. `containerd://1.7.24`. */
  readonly version: string;
  /** As its Status tells; undefined where it doesn't. */
  readonly supplementalGroupsPolicy: boolean | undefined;
  /** Who makes control groups, and so how they are named. */
  readonly groupDriver: GroupDriver;
  readonly exits: ExitWatch;
  readonly health: RuntimeHealth;
  readonly imageCollector: ImageCollector;
  readonly clock: Clock;
  readonly log: Log;
  readonly dial: EngineOptions["dial"];
}

const helloMs = 10_000;
const networkMs = 15_000;
const networkRetryMs = 100;

/** Rejects with EngineError or ForeignNetworkError. */
export async function openEngine(options: EngineOptions): Promise<CriEngine> {
  const { socketPath, clock, log, cluster, dial } = options;
  refuseNoSocket(socketPath);
  const channel = new Channel(socketPath);
  try {
    const told = await channel.call(version, { version: "0.1.0" }, { timeoutMs: helloMs }).catch((error: unknown) => {
      throw new EngineError(reasonOf(socketPath, error), { cause: error });
    });
    const answer = await channel.call(status, { verbose: true }, { timeoutMs: helloMs });
    const groupDriver = await groupDriverOf(channel, answer);
    if (groupDriver === "systemd") refuseSystemdGroups(told.runtime_name);
    installPlugin(cniFolders(answer));
    await untilNetworkReady(channel, clock);
    const name = `${told.runtime_name}://${told.runtime_version}`;
    const exits = new ExitWatch({ channel, cluster, clock, log, sharesEvents: name.startsWith("containerd://1.") });
    const health = new RuntimeHealth(channel, clock);
    const imageCollector = new ImageCollector({ channel, clock, log, sandboxImage: configOf(answer).sandboxImage ?? "" });
    return {
      channel,
      cluster,
      supplementalGroupsPolicy: answer.features?.supplemental_groups_policy,
      version: name,
      groupDriver,
      exits,
      health,
      imageCollector,
      clock,
      log,
      dial,
      [Symbol.dispose]() {
        health[Symbol.dispose]();
        imageCollector[Symbol.dispose]();
        exits[Symbol.dispose]();
        channel[Symbol.dispose]();
      },
    };
  } catch (error) {
    channel[Symbol.dispose]();
    throw error;
  }
}

function refuseNoSocket(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new EngineError(`there is no socket ${path}: is the container runtime running?`);
  if (!stats.isSocket()) throw new EngineError(`${path} is not a socket`);
}

function reasonOf(path: string, error: unknown): string {
  if (!(error instanceof GrpcError)) return `${path} can't be used: ${String(error)}`;
  if (error.code === grpcCodes.unimplemented) {
    return `what listens on ${path} doesn't offer CRI v1 (${error.description}): containerd 1.6 or later with its CRI plug-in, or CRI-O 1.23 or later, is needed`;
  }
  return `what listens on ${path} doesn't answer as a container runtime: ${error.message}`;
}

/** Where the runtime looks for its network, as containerd tells; else the usual places. */
export function cniFolders(answer: Pick<StatusAnswer, "info">): CniFolders {
  const { cni } = configOf(answer);
  // containerd 2 has a list of plug-in folders.
  const plugins = cni?.binDirs?.[0] ?? cni?.binDir ?? "";
  return { config: cni?.confDir || "/etc/cni/net.d", plugins: plugins || "/opt/cni/bin" };
}

/** What containerd tells of its configuration; other runtimes tell nothing of it, or in another form. */
function configOf({ info }: Pick<StatusAnswer, "info">): RuntimeConfig {
  try {
    return JSON.parse(info["config"] ?? "{}") as RuntimeConfig;
  } catch {
    return {};
  }
}

interface RuntimeConfig {
  readonly cni?: { readonly binDir?: string; readonly binDirs?: readonly string[]; readonly confDir?: string };
  readonly sandboxImage?: string;
}

/** The runtime notices the new configuration by itself. */
async function untilNetworkReady(channel: GrpcChannel, clock: Clock): Promise<void> {
  const until = clock.now() + networkMs;
  for (;;) {
    const { status: told } = await channel.call(status, {}, { timeoutMs: helloMs });
    const network = told?.conditions.find(({ type }) => type === "NetworkReady");
    if (network === undefined || network.status) return;
    if (clock.now() > until) throw new EngineError(`the runtime's network isn't ready: ${network.reason}: ${network.message}`);
    await new Promise<void>((resolve) => void clock.after(networkRetryMs, resolve));
  }
}
