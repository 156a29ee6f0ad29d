/** `cox status`: what runs, where, by which means, and how much memory it takes. */
import { readFileSync } from "node:fs";
import { node } from "../../api/core/v1/node.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { service } from "../../api/core/v1/service.ts";
import type { Client } from "../../client/client.ts";
import type { ClusterFacts } from "../../daemon/messages.ts";
import { adminClient } from "../access.ts";
import { ClusterState, homeFolder } from "../../daemon/clusterState.ts";
import type { Command, CommandInput } from "../command.ts";
import { textTable } from "../textTable.ts";
import { defaultClusterName } from "./up.ts";

export const status: Command = {
  name: "status",
  summary: "Shows a cluster's nodes, pods, addresses and memory.",
  options: { name: { type: "string", value: "NAME", default: defaultClusterName, help: "the cluster's name" } },
  async run(input) {
    const state = new ClusterState(homeFolder(input.env), input.text("name") ?? defaultClusterName);
    const record = state.read();
    const pid = state.runningPid();
    if (pid === undefined) {
      input.streams.out(`Cluster "${record.name}" is stopped (${record.nodes} nodes): start it with 'cox up --name ${record.name}'.\n`);
      return 1;
    }
    const connection = adminClient(state);
    try {
      await report(connection.client, state, input);
    } finally {
      connection.close();
    }
    return 0;
  },
};

async function report(client: Client, state: ClusterState, { streams }: CommandInput): Promise<void> {
  const record = state.read();
  const facts = JSON.parse(readFileSync(state.path("run", "facts.json"), "utf8")) as ClusterFacts;
  const [nodes, pods, services] = await Promise.all([client.list(node), client.list(pod), client.list(service)]);
  streams.out(`Cluster "${record.name}" at https://127.0.0.1:${record.apiPort}, context cox-${record.name}\n`);
  streams.out(
    `Runtime ${facts.runtime}, Services by ${facts.dataPlane}, ${Math.round(residentBytes(state.runningPid() ?? 0) / 1048576)} MB resident (control plane and agent)\n`,
  );
  for (const note of facts.notes) streams.out(` ! ${note}\n`);
  const rows = nodes.items.map((item) => {
    const ready = item.status?.conditions?.find((condition) => condition.type === "Ready")?.status === "True";
    const here = pods.items.filter((candidate) => candidate.spec.nodeName === item.metadata.name);
    return [item.metadata.name, ready ? "Ready" : "NotReady", `${here.filter((p) => p.status?.phase === "Running").length}/${here.length}`];
  });
  streams.out(`\n${textTable([["NODE", "STATUS", "PODS RUNNING"], ...rows])}`);
  const outside = services.items.flatMap((item) =>
    (item.status?.loadBalancer?.ingress ?? []).map((ingress) => [
      `${item.metadata.namespace}/${item.metadata.name}`,
      ingress.ip ?? "",
      (item.spec.ports ?? []).map((port) => port.port).join(","),
    ]),
  );
  if (outside.length > 0) streams.out(`\n${textTable([["SERVICE", "EXTERNAL-IP", "PORTS"], ...outside])}`);
}

/** Of a process and its children; what the agent itself starts are the pods, and they are not counted. */
function residentBytes(pid: number): number {
  try {
    const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
    const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    if (program === process.execPath && args.some((arg) => arg.endsWith("/agent.cjs"))) return own;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return children.filter((text) => text !== "").reduce((total, child) => total + residentBytes(Number(child)), own);
  } catch {
    return 0; // It ended while we looked.
  }
}
