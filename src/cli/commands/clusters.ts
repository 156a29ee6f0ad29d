/** The words of cloud labs for up, down and list: `cox clusters create bootcamp --num-nodes 5`. */
import { type Command, UsageError } from "../command.ts";
import { stopCluster } from "./down.ts";
import { list } from "./list.ts";
import { startCluster } from "./up.ts";

/** Flags that only a cloud needs: accepted with a note, so that a lab's command line works as it stands. */
const cloudOnly = [
  "scopes",
  "zone",
  "region",
  "machine-type",
  "project",
  "disk-size",
  "disk-type",
  "image-type",
  "network",
  "cluster-version",
  "release-channel",
];
const cloudOnlyOptions = Object.fromEntries(cloudOnly.map((name) => [name, { type: "string" as const }]));

export const clustersCreate: Command = {
  name: "clusters create",
  summary: "Starts a cluster, as cloud labs say it.",
  operands: "NAME",
  options: {
    "num-nodes": { type: "string", value: "N", help: "how many nodes" },
    quiet: { type: "boolean", short: "q" },
    ...cloudOnlyOptions,
  },
  async run(input) {
    const name = input.operands[0];
    if (name === undefined || input.operands.length > 1) throw new UsageError("Give one name: cox clusters create NAME [--num-nodes N]");
    const ignored = cloudOnly.filter((option) => input.text(option) !== undefined);
    if (ignored.length > 0)
      input.streams.out(`Note: ${ignored.map((option) => `--${option}`).join(", ")} matter in a cloud only and are ignored here.\n`);
    return startCluster(input, { name, nodes: input.text("num-nodes"), catalogue: true });
  },
};

export const clustersDelete: Command = {
  name: "clusters delete",
  summary: "Stops a cluster and removes its state.",
  operands: "NAME",
  options: { quiet: { type: "boolean", short: "q" }, ...cloudOnlyOptions },
  async run(input) {
    const name = input.operands[0];
    if (name === undefined) throw new UsageError("Give a name: cox clusters delete NAME");
    return stopCluster(input, name, true);
  },
};

export const clustersList: Command = { ...list, name: "clusters list" };
