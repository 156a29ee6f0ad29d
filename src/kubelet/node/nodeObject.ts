/** The Node object as its kubelet sees it. Upstream: pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodestatus/setters.go */
import { conditionOf } from "../../machinery/conditions.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { ContainerImage, Node, NodeCondition, NodeStatus, NodeSystemInfo, Taint } from "../../schema/shapes/core.v1.ts";

export interface NodeDescription {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string | undefined;
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly info: NodeSystemInfo;
  readonly kubeletPort: number;
  /** Whether cpu and memory limits hold, and if not why. */
  readonly limits: { readonly enforced: boolean; readonly why: string };
  /** Further conditions, which are true for as long as the kubelet runs. */
  readonly conditions?: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
  /** Whether the runtime honours it, as far as it tells. */
  readonly supplementalGroupsPolicy?: boolean | undefined;
  /** What keeps the node from being Ready just now. */
  readonly problems: () => readonly string[];
}

const maxImages = 50;
const maxNamesPerImage = 5;

export function ownLabels(description: NodeDescription): Record<string, string> {
  const { architecture, operatingSystem } = description.info;
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": operatingSystem,
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": description.name,
    "kubernetes.io/os": operatingSystem,
    ...description.labels,
  };
}

export function newNode(description: NodeDescription, status: NodeStatus): Node {
  const { podCidr, taints } = description;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: description.name,
      labels: ownLabels(description),
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      ...(podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints.length === 0 ? {} : { taints: [...taints] }),
    },
    status,
  };
}

/** `former`: what the API has, whose transition times are kept. */
export function nodeStatus(
  description: NodeDescription,
  images: readonly ContainerImage[],
  former: NodeStatus | undefined,
  nowMs: number,
): NodeStatus {
  const { capacity, allocatable, info, name, ip, kubeletPort, supplementalGroupsPolicy } = description;
  return {
    capacity: { ...capacity },
    allocatable: { ...allocatable },
    conditions: conditionsOf(description, former?.conditions, nowMs),
    addresses: [
      { type: "InternalIP", address: ip },
      { type: "Hostname", address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    nodeInfo: info,
    images: images.slice(0, maxImages).map(({ names, sizeBytes }) => ({ names: names.slice(0, maxNamesPerImage), sizeBytes })),
    ...(supplementalGroupsPolicy === undefined ? {} : { features: { supplementalGroupsPolicy } }),
  };
}

function conditionsOf(description: NodeDescription, former: readonly NodeCondition[] | undefined, nowMs: number): NodeCondition[] {
  const { limits } = description;
  const all: Pick<NodeCondition, "type" | "status" | "reason" | "message">[] = [
    { type: "MemoryPressure", status: "False", reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" },
    { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" },
    { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" },
    readyCondition(description.problems()),
  ];
  for (const condition of description.conditions ?? []) all.unshift({ ...condition, status: "True" });
  if (!limits.enforced) {
    all.unshift({ type: "LimitsNotEnforced", status: "True", reason: "NoControlGroups", message: limits.why });
  }
  const heartbeat = rfc3339(nowMs);
  return all.map((condition) => {
    const before = conditionOf(former, condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastHeartbeatTime: heartbeat, lastTransitionTime: since ?? heartbeat };
  });
}

function readyCondition(problems: readonly string[]): Pick<NodeCondition, "type" | "status" | "reason" | "message"> {
  const [first] = problems;
  if (first === undefined) return { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" };
  const message = problems.length === 1 ? first : `[${problems.join(", ")}]`;
  return { type: "Ready", status: "False", reason: "KubeletNotReady", message };
}

/** Without heartbeats: whether two statuses say the same. */
export function sameNodeStatus(a: NodeStatus | undefined, b: NodeStatus): boolean {
  return comparable(a) === comparable(b);
}

function sorted(map: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(map).sort(([x], [y]) => (x < y ? -1 : 1));
}

function comparable(status: NodeStatus | undefined): string {
  const { capacity = {}, allocatable = {}, conditions = [], addresses = [], nodeInfo, images = [], features } = status ?? {};
  const said = conditions
    .filter((one) => one.type !== "NetworkUnavailable")
    .map(({ type, status: is, reason, message }) => [type, is, reason, message]);
  const info = sorted({ ...nodeInfo });
  const names = images.map((image) => image.names.join(",")).sort();
  const rest = [addresses.map((one) => one.address), info, names, features?.supplementalGroupsPolicy];
  return JSON.stringify([sorted(capacity), sorted(allocatable), said.sort(), ...rest]);
}
