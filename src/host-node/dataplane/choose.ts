/** Which data plane this machine gets, and why; and one over several, so that the machine's own listeners change with the cluster's. */
import type { DataPlane } from "../../proxy/ports/dataPlane.ts";
import type { Balancer } from "../border/balancer.ts";
import type { ClusterNetwork } from "../network/clusterNetwork.ts";
import { openNftables } from "./nftables.ts";
import { openUserspace, type UserspaceOptions } from "./userspace.ts";

export interface ChosenDataPlane {
  readonly dataPlane: DataPlane;
  /** For `cox doctor`, one sentence. */
  readonly why: string;
}

export interface ChoiceOptions extends UserspaceOptions {
  readonly serviceRange: string;
  readonly network: UserspaceOptions["network"] & Pick<ClusterNetwork, "routeServices">;
  /** Don't even try nftables. */
  readonly userspaceOnly?: boolean | undefined;
}

export async function chooseDataPlane(options: ChoiceOptions): Promise<ChosenDataPlane> {
  if (options.userspaceOnly === true) return await inUserspace(options, "the user space data plane was asked for");
  try {
    const dataPlane = await openNftables({ serviceRange: options.serviceRange, nodes: () => options.network.nodes });
    await options.network.routeServices("rewritten");
    return { dataPlane, why: "nft works here" };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return await inUserspace(options, `nft can't be used (${reason}): Services run in user space`);
  }
}

async function inUserspace(options: ChoiceOptions, why: string): Promise<ChosenDataPlane> {
  await options.network.routeServices("listeners");
  return { dataPlane: openUserspace(options), why };
}

/** Pods' side and machine's side under one `apply`. */
export function withBalancer(dataPlane: DataPlane, balancer: Balancer): DataPlane {
  return {
    name: dataPlane.name,
    async apply(rules) {
      await Promise.all([dataPlane.apply(rules), balancer.apply(rules)]);
    },
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await dataPlane[Symbol.asyncDispose]();
    },
  };
}
