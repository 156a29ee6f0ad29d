/** Why no node fits, counted by reason and told as upstream tells it. Upstream: pkg/scheduler/framework/types.go (FitError) */
import type { Rejection } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";

export const noNodesMessage = "no nodes available to schedule pods";

export class Diagnosis {
  readonly nodes: number;
  readonly plugins: Set<string> = new Set();
  /** Nodes on which taking other pods away could help. */
  readonly resolvable: NodeInfo[] = [];
  private readonly reasons = new Map<string, number>();

  constructor(nodes: number) {
    this.nodes = nodes;
  }

  add(plugin: string, rejection: Rejection, nodes: number, node?: NodeInfo): void {
    this.plugins.add(plugin);
    for (const reason of rejection.reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + nodes);
    if (rejection.resolvable && node !== undefined) this.resolvable.push(node);
  }

  /** `afterwards` is what was tried when no node fitted. */
  message(afterwards: string): string {
    return `${histogram(this.nodes, this.reasons)}${afterwards === "" ? "" : ` ${afterwards}`}`;
  }
}

/** `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable.`, sorted as texts. */
export function histogram(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`);
  const list = parts.sort((a, b) => (a < b ? -1 : 1)).join(", ");
  return `0/${nodes} nodes are available:${list === "" ? "" : ` ${list}.`}`;
}
