import { ClusterState, clusterNames, homeFolder } from "../../daemon/clusterState.ts";
import type { Command } from "../command.ts";
import { textTable } from "../textTable.ts";

export const list: Command = {
  name: "list",
  summary: "Lists your clusters.",
  options: {},
  async run({ streams, env }) {
    const rows = clusterNames(env).map((name) => {
      const state = new ClusterState(homeFolder(env), name);
      const record = state.read();
      const pid = state.runningPid();
      return [name, pid === undefined ? "Stopped" : "Running", String(record.nodes), `https://127.0.0.1:${record.apiPort}`, `cox-${name}`];
    });
    streams.out(
      rows.length === 0
        ? "No clusters. Start one with 'cox up'.\n"
        : textTable([["NAME", "STATUS", "NODES", "SERVER", "CONTEXT"], ...rows]),
    );
    return 0;
  },
};
