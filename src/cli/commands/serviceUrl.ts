/** `cox service url NAME`: where a LoadBalancer Service answers on this machine. */
import { service } from "../../api/core/v1/service.ts";
import { adminClient } from "../access.ts";
import { ClusterState, homeFolder } from "../../daemon/clusterState.ts";
import { type Command, CommandError, UsageError } from "../command.ts";
import { movedPorts } from "../movedPorts.ts";
import { defaultClusterName } from "./up.ts";

export const serviceUrl: Command = {
  name: "service url",
  summary: "Prints where a LoadBalancer Service answers on this machine.",
  operands: "SERVICE",
  options: {
    name: { type: "string", value: "NAME", default: defaultClusterName, help: "the cluster's name" },
    namespace: { type: "string", short: "n", value: "NAMESPACE", default: "default", help: "the Service's namespace" },
  },
  async run(input) {
    const [name, more] = input.operands;
    if (name === undefined || more !== undefined) throw new UsageError("Give one Service: cox service url SERVICE");
    const state = new ClusterState(homeFolder(input.env), input.text("name") ?? defaultClusterName);
    state.read();
    const namespace = input.text("namespace") ?? "default";
    const connection = adminClient(state);
    try {
      const found = await connection.client.get(service, { namespace, name });
      if (found === undefined) throw new CommandError(`There is no Service "${name}" in namespace "${namespace}".`);
      const address = found.status?.loadBalancer?.ingress?.[0]?.ip;
      if (address === undefined)
        throw new CommandError(`The Service "${name}" is of type ${found.spec.type} and has no address outside: make it a LoadBalancer.`);
      const moved = movedPorts(state);
      for (const { port, name: portName } of found.spec.ports ?? []) {
        input.streams.out(`${urlOf(moved[`${address}:${port}`] ?? `${address}:${port}`, port === 443 || portName === "https")}\n`);
      }
    } finally {
      connection.close();
    }
    return 0;
  },
};

function urlOf(hostPort: string, secure: boolean): string {
  const usualPort = secure ? ":443" : ":80";
  return `${secure ? "https" : "http"}://${hostPort.endsWith(usualPort) ? hostPort.slice(0, -usualPort.length) : hostPort}`;
}
