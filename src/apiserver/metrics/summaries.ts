/** What the kubelets say of the use of cpu and memory, as far as metrics are made from it. A kubelet that can't be reached has nothing to say. */
import type { ApiResponse } from "../../machinery/http.ts";
import type { NodeConnector } from "../ports/nodeConnector.ts";

export interface Use {
  readonly cpu: { readonly time: string; readonly usageNanoCores: number; readonly windowSeconds: number };
  readonly memory: { readonly workingSetBytes: number };
}

export interface PodUse extends Use {
  readonly podRef: { readonly uid: string };
  readonly containers: readonly (Use & { readonly name: string })[];
}

export interface NodeSummary {
  readonly node: Use;
  readonly pods: readonly PodUse[];
}

/** By node; all asked at once. */
export async function summariesOf(
  nodes: NodeConnector,
  names: Iterable<string>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, NodeSummary>> {
  const found = new Map<string, NodeSummary>();
  const ask = async (name: string): Promise<void> => {
    try {
      const answer = await nodes.request(name, { method: "GET", url: "/stats/summary?only_cpu_and_memory=true", headers: {}, signal });
      if (answer.status === 200) found.set(name, JSON.parse(await textOf(answer.body)) as NodeSummary);
    } catch {
      // Metrics of the others are worth more than a failure for all.
    }
  };
  await Promise.all([...names].map(ask));
  return found;
}

async function textOf(body: ApiResponse["body"]): Promise<string> {
  const decoder = new TextDecoder();
  if (body instanceof Uint8Array) return decoder.decode(body);
  let text = "";
  for await (const part of body) text += decoder.decode(part, { stream: true });
  return text + decoder.decode();
}
