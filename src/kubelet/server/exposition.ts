/**
 * The kubelet's metrics in Prometheus' text form: `/metrics` about itself, `/metrics/resource`, which a metrics server reads, and the part of `/metrics/cadvisor` that dashboards do.
 * Left out: file systems, network, throttling, the kubelet's own inner workings.
 * Upstream: pkg/kubelet/metrics/collectors/resource_metrics.go, github.com/google/cadvisor metrics/prometheus.go
 */
import { timeMs } from "../../machinery/time.ts";
import type { ContainerStatus, Pod } from "../../schema/shapes/core.v1.ts";
import type { ContainerUsage, PodUsage, Summary } from "./stats.ts";

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly time: string;
}

const nanosPerSecond = 1e9;
const msPerSecond = 1000;

const containerStates = ["created", "exited", "running"] as const;

function stateOf({ state }: ContainerStatus): (typeof containerStates)[number] {
  if (state?.running !== undefined) return "running";
  return state?.terminated === undefined ? "created" : "exited";
}

/** What the kubelet says of itself. Upstream: pkg/kubelet/metrics/metrics.go */
export function kubeletMetrics(node: string, pods: readonly Pod[]): string {
  const found = pods.flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]).map(stateOf);
  const containers = containerStates.map((state) => ({
    labels: { container_state: state },
    value: found.filter((each) => each === state).length,
    time: "",
  }));
  const runs = ({ status }: Pod): boolean => status?.containerStatuses?.some((each) => stateOf(each) === "running") ?? false;
  return [
    metric("kubelet_node_name", "gauge", "[ALPHA] The node's name. The count is always 1.", [{ labels: { node }, value: 1, time: "" }]),
    metric(
      "kubelet_running_containers",
      "gauge",
      "[ALPHA] Number of containers currently running",
      containers.filter(({ value }) => value > 0),
    ),
    metric("kubelet_running_pods", "gauge", "[ALPHA] Number of pods that have a running pod sandbox", [
      { labels: {}, value: pods.filter(runs).length, time: "" },
    ]),
  ].join("");
}

export function resourceMetrics({ node, pods }: Summary): string {
  const ofContainers = pods.flatMap((pod) => pod.containers.map((container) => ({ labels: containerLabels(pod, container), container })));
  const ofPods = pods.map((pod) => ({ labels: { namespace: pod.podRef.namespace, pod: pod.podRef.name }, pod }));
  return [
    metric(
      "container_cpu_usage_seconds_total",
      "counter",
      "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
      ofContainers.map(({ labels, container }) => cpuOf(labels, container.cpu)),
    ),
    metric(
      "container_memory_working_set_bytes",
      "gauge",
      "[STABLE] Current working set of the container in bytes",
      ofContainers.map(({ labels, container: { memory } }) => ({ labels, value: memory.workingSetBytes, time: memory.time })),
    ),
    metric(
      "container_start_time_seconds",
      "gauge",
      "[STABLE] Start time of the container since unix epoch in seconds",
      ofContainers.map(({ labels, container }) => ({ labels, value: (timeMs(container.startTime) ?? 0) / msPerSecond, time: "" })),
    ),
    metric("node_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the node in core-seconds", [
      cpuOf({}, node.cpu),
    ]),
    metric("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes", [
      { labels: {}, value: node.memory.workingSetBytes, time: node.memory.time },
    ]),
    metric(
      "pod_cpu_usage_seconds_total",
      "counter",
      "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
      ofPods.map(({ labels, pod }) => cpuOf(labels, pod.cpu)),
    ),
    metric(
      "pod_memory_working_set_bytes",
      "gauge",
      "[STABLE] Current working set of the pod in bytes",
      ofPods.map(({ labels, pod: { memory } }) => ({ labels, value: memory.workingSetBytes, time: memory.time })),
    ),
    metric("resource_scrape_error", "gauge", "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise", [
      { labels: {}, value: 0, time: "" },
    ]),
  ].join("");
}

export function cadvisorMetrics({ pods }: Summary): string {
  const all = pods.flatMap((pod) => pod.containers.map((container) => ({ labels: containerLabels(pod, container), container })));
  const memory = (pick: (usage: ContainerUsage["memory"]) => number): Sample[] =>
    all.map(({ labels, container }) => ({ labels, value: pick(container.memory), time: container.memory.time }));
  return [
    metric(
      "container_cpu_usage_seconds_total",
      "counter",
      "Cumulative cpu time consumed in seconds.",
      all.map(({ labels, container }) => cpuOf({ ...labels, cpu: "total" }, container.cpu)),
    ),
    metric(
      "container_memory_rss",
      "gauge",
      "Size of RSS in bytes.",
      memory(({ rssBytes, workingSetBytes }) => rssBytes ?? workingSetBytes),
    ),
    metric(
      "container_memory_usage_bytes",
      "gauge",
      "Current memory usage in bytes, including all memory regardless of when it was accessed",
      memory(({ usageBytes }) => usageBytes),
    ),
    metric(
      "container_memory_working_set_bytes",
      "gauge",
      "Current working set in bytes.",
      memory(({ workingSetBytes }) => workingSetBytes),
    ),
  ].join("");
}

function containerLabels({ podRef }: PodUsage, { name }: ContainerUsage): Labels {
  return { container: name, namespace: podRef.namespace, pod: podRef.name };
}

function cpuOf(labels: Labels, { usageCoreNanoSeconds, time }: ContainerUsage["cpu"]): Sample {
  return { labels, value: usageCoreNanoSeconds / nanosPerSecond, time };
}

function metric(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(({ labels, value, time }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    const at = time === "" ? "" : ` ${timeMs(time) ?? 0}`;
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}${at}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}
