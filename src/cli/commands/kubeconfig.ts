import { ClusterState, homeFolder } from "../../daemon/clusterState.ts";
import type { Command } from "../command.ts";
import { accessOf } from "../access.ts";
import { kubeconfigPath, kubeconfigText, mergeContext } from "../kubeconfigFile.ts";
import { defaultClusterName } from "./up.ts";

export const kubeconfig: Command = {
  name: "kubeconfig",
  summary: "Prints a kubeconfig for a cluster, or merges its context into yours.",
  options: {
    name: { type: "string", value: "NAME", default: defaultClusterName, help: "the cluster's name" },
    merge: { type: "boolean", help: "write the context into $KUBECONFIG (default ~/.kube/config) instead" },
  },
  async run(input) {
    const access = accessOf(new ClusterState(homeFolder(input.env), input.text("name") ?? defaultClusterName));
    if (input.flag("merge")) {
      mergeContext(kubeconfigPath(input.env), access);
      input.streams.out(`The context "${access.contextName}" is set in ${kubeconfigPath(input.env)}.\n`);
    } else input.streams.out(kubeconfigText(access));
    return 0;
  },
};
