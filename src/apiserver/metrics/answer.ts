/**
 * `metrics.k8s.io`: nodes and pods with what they use now, read from the kubelets. Left out: watch, as upstream's metrics server.
 * Upstream: kubernetes-sigs/metrics-server pkg/api
 */
import type { ApiResponse } from "../../machinery/http.ts";
import { methodNotSupported, notFound, serviceUnavailable } from "../../machinery/status.ts";
import { Quantity } from "../../machinery/quantity.ts";
import { goDuration, rfc3339 } from "../../machinery/time.ts";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import type { NodeMetrics, PodMetrics } from "../../schema/shapes/metrics.v1beta1.ts";
import type { Registry } from "../registry/resource.ts";
import { listOptionsOf, matcherOf } from "../request/listOptions.ts";
import type { Output } from "../request/negotiate.ts";
import type { Call } from "../server/call.ts";
import { replyAny } from "../server/reply.ts";
import { listPrefix, objectKey } from "../storage/keys.ts";
import { metricsTable } from "./metricsTable.ts";
import type { MetricsKind } from "./metricsKinds.ts";
import { summariesOf, type NodeSummary, type Use } from "./summaries.ts";

export interface MetricsCall extends Call {
  readonly output: Output;
  readonly registry: Registry;
}

const apiVersion = "metrics.k8s.io/v1beta1";

export async function answerMetrics(call: MetricsCall, kind: MetricsKind): Promise<ApiResponse> {
  const { info, registry } = call;
  if (info.verb !== "get" && info.verb !== "list") throw methodNotSupported();
  await registry.feed.fresh();
  const items = kind.plural === "nodes" ? await nodeMetrics(call) : await podMetrics(call);
  if (info.name === "") return reply(call, kind, items);
  const [only] = items;
  const shown = info.namespace === "" ? info.name : `${info.namespace}/${info.name}`;
  if (only === undefined) throw notFound({ group: kind.group, plural: kind.plural === "nodes" ? "nodemetrics" : "podmetrics" }, shown);
  return reply(call, kind, items);
}

function reply(call: MetricsCall, kind: MetricsKind, items: readonly (NodeMetrics | PodMetrics)[]): ApiResponse {
  const { info, output } = call;
  if (output.convert === "Table") return replyAny(call, 200, metricsTable(items, output.convertVersion));
  const whole = items.map((item) => ({ kind: kind.kind, apiVersion, ...item }));
  const [only = {}] = whole;
  return replyAny(call, 200, info.name === "" ? { kind: kind.listKind, apiVersion, metadata: {}, items: whole } : only);
}

async function nodeMetrics(call: MetricsCall): Promise<NodeMetrics[]> {
  const nodes = chosen<Node>(call, "nodes");
  const summaries = await ask(
    call,
    nodes.map(({ metadata }) => metadata.name),
  );
  return nodes.flatMap((node) => {
    const summary = summaries.get(node.metadata.name);
    return summary === undefined ? [] : [{ ...heading(call, node, summary.node), usage: usageOf(summary.node) }];
  });
}

async function podMetrics(call: MetricsCall): Promise<PodMetrics[]> {
  const pods = chosen<Pod>(call, "pods").filter(({ spec, status }) => status?.phase === "Running" && (spec.nodeName ?? "") !== "");
  const summaries = await ask(call, new Set(pods.map(({ spec }) => spec.nodeName ?? "")));
  const uses = new Map([...summaries.values()].flatMap(({ pods: all }) => all.map((use) => [use.podRef.uid, use] as const)));
  return pods.flatMap((pod) => {
    const use = uses.get(pod.metadata.uid ?? "");
    if (use === undefined || use.containers.length === 0) return [];
    const containers = use.containers.map((container) => ({ name: container.name, usage: usageOf(container) }));
    return [{ ...heading(call, pod, use), containers }];
  });
}

/** The objects that the request names or selects. */
function chosen<T>({ info, registry }: MetricsCall, plural: string): T[] {
  const { kind, cache } = registry.resource("", plural);
  if (info.name !== "") {
    const one = cache.get(objectKey(kind, info.namespace, info.name));
    return one === undefined ? [] : [one.object as T];
  }
  const matches = matcherOf(listOptionsOf(info.query, kind, false), kind);
  const all = cache.range(listPrefix(kind, info.namespace)).map(({ object }) => object);
  return all.filter((object) => matches?.(object) ?? true) as T[];
}

function ask({ registry, request }: MetricsCall, nodes: Iterable<string>): Promise<ReadonlyMap<string, NodeSummary>> {
  if (registry.nodes === undefined) throw serviceUnavailable("this API server has no connection to its nodes");
  return summariesOf(registry.nodes, nodes, request.signal);
}

const msPerSecond = 1000;

function heading(
  { registry }: MetricsCall,
  { metadata }: Node | Pod,
  { cpu }: Use,
): Pick<NodeMetrics, "metadata" | "timestamp" | "window"> {
  const { name, namespace, labels } = metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined || namespace === "" ? {} : { namespace }),
      creationTimestamp: rfc3339(registry.clock.now()),
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: cpu.time,
    window: goDuration(cpu.windowSeconds * msPerSecond),
  };
}

function usageOf({ cpu, memory }: Use): Record<string, string> {
  return {
    cpu: Quantity.ofNanos(BigInt(Math.round(cpu.usageNanoCores))).toString(),
    memory: Quantity.of(memory.workingSetBytes, "BinarySI").toString(),
  };
}
