/** `cox run -- COMMAND`: any command inside the cluster's network, where pod and Service addresses and cluster DNS names work. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { ClusterState, homeFolder } from "../../daemon/clusterState.ts";
import { type Command, CommandError, UsageError } from "../command.ts";
import { defaultClusterName } from "./up.ts";

export const run: Command = {
  name: "run",
  summary: "Runs a command inside the cluster's network, e.g. cox run -- curl http://10.96.0.20",
  operands: "-- COMMAND [ARGUMENTS]",
  options: { name: { type: "string", value: "NAME", default: defaultClusterName, help: "the cluster's name" } },
  passesRest: true,
  async run(input) {
    if (input.operands.length === 0) throw new UsageError("Give a command: cox run -- COMMAND");
    const state = new ClusterState(homeFolder(input.env), input.text("name") ?? defaultClusterName);
    const pid = agentPid(state);
    const user = process.getuid?.() === 0 ? [] : ["-U", "--preserve-credentials"];
    const child = spawn("nsenter", ["-t", String(pid), ...user, "-n", "-m", "--wd=.", "--", ...input.operands], {
      stdio: "inherit",
      env: input.env,
    });
    return new Promise((resolve, reject) => {
      child.on("error", (error) => reject(new CommandError(`nsenter can't be started (${error.message}): install util-linux.`)));
      child.on("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  },
};

function agentPid(state: ClusterState): number {
  state.read();
  if (state.runningPid() === undefined)
    throw new CommandError(`The cluster "${state.name}" is not up: start it with 'cox up --name ${state.name}'.`);
  const { agentPid: pid } = JSON.parse(readFileSync(state.path("run", "facts.json"), "utf8")) as { agentPid?: number };
  if (pid === undefined) throw new CommandError("This cluster has no network of its own (see 'cox doctor'): run the command as it is.");
  return pid;
}
