/** `cox down`: stops a cluster and waits until its processes are gone; with --delete its state and context go too. */
import { setTimeout as wait } from "node:timers/promises";
import { ClusterState, criSocketOf, homeFolder, processStartTime, StateError } from "../../daemon/clusterState.ts";
import { removeLeftGroups } from "../../daemon/leftGroups.ts";
import type { Command, CommandInput } from "../command.ts";
import { kubeconfigPath, removeContext } from "../kubeconfigFile.ts";
import { defaultClusterName } from "./up.ts";

const stopTimeoutMs = 40_000;
const pollMs = 20;

export const down: Command = {
  name: "down",
  summary: "Stops a cluster; its state stays for the next 'cox up'.",
  options: {
    name: { type: "string", value: "NAME", default: defaultClusterName, help: "the cluster's name" },
    delete: { type: "boolean", help: "remove its state and its context too" },
  },
  run: (input) => stopCluster(input, input.text("name") ?? defaultClusterName, input.flag("delete")),
};

export async function stopCluster(input: Pick<CommandInput, "streams" | "env">, name: string, remove: boolean): Promise<number> {
  const state = new ClusterState(homeFolder(input.env), name);
  if (!state.exists()) throw new StateError(state.absence());
  const pid = state.runningPid();
  if (pid !== undefined) {
    await stopProcess(pid);
    input.streams.out(`Stopped cluster "${name}".\n`);
  } else {
    await endLeftPods(state, input);
    if (!remove) input.streams.out(`Cluster "${name}" was not running.\n`);
  }
  await removeLeftGroups(state.folder);
  if (remove) {
    state.remove();
    removeContext(kubeconfigPath(input.env), `cox-${name}`);
    input.streams.out(`Removed the state of cluster "${name}".\n`);
  }
  return 0;
}

/** A container runtime keeps the pods of a cluster that ended by a crash. */
async function endLeftPods(state: ClusterState, { streams }: Pick<CommandInput, "streams">): Promise<void> {
  const socket = recordedSocket(state);
  if (socket === "") return;
  const { endCriPods } = await import("../../daemon/criCleanUp.ts");
  await endCriPods(state, socket).catch((error: unknown) =>
    streams.err(`Its pods may be left in the container runtime at ${socket}: ${error instanceof Error ? error.message : String(error)}\n`),
  );
}

/** Empty also for a state folder of another version, which only --delete is for. */
function recordedSocket(state: ClusterState): string {
  try {
    return criSocketOf(state.read());
  } catch {
    return "";
  }
}

async function stopProcess(pid: number): Promise<void> {
  const start = processStartTime(pid);
  process.kill(pid, "SIGTERM");
  for (let waitedMs = 0; processStartTime(pid) === start; waitedMs += pollMs) {
    if (waitedMs > stopTimeoutMs) process.kill(pid, "SIGKILL");
    await wait(pollMs);
  }
}
