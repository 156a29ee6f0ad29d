/** What marks sandboxes and containers in a runtime that others use too: whose they are, and what the kubelet wants to find again after a restart. */
import { createHash } from "node:crypto";

export const labels = { cluster: "coxswain.dev/cluster", node: "coxswain.dev/node" } as const;
export const annotations = {
  /** A sandbox's whole configuration as the kubelet gave it. */
  sandbox: "coxswain.dev/sandbox",
  /** A container's image as the pod names it. */
  image: "coxswain.dev/image",
  /** The path on this machine of a container's termination message. */
  terminationLog: "coxswain.dev/termination-log",
} as const;

/** Two users may each have a cluster of one name: the state folder keeps them apart. */
export function clusterLabel(name: string, stateFolder: string): string {
  return `${name}-${createHash("sha256").update(stateFolder).digest("hex").slice(0, 8)}`;
}
