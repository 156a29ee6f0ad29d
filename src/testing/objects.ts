/** Builders of API objects for tests: sensible where nothing is said, overridden in one line where it matters. Uids are `uid-` and the name. */
import type { Node, Pod, Service, ServiceSpec, Taint } from "../schema/shapes/core.v1.ts";
import type { ObjectMeta, OwnerReference } from "../schema/shapes/meta.v1.ts";

export interface MetaParts {
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly created?: string;
  /** When deletion was asked for. */
  readonly deleted?: string;
  readonly finalizers?: string[];
  readonly owners?: OwnerReference[];
  readonly resourceVersion?: string;
}

export function aMeta(name: string, parts: MetaParts = {}): ObjectMeta {
  return {
    name,
    uid: parts.uid ?? `uid-${name}`,
    resourceVersion: parts.resourceVersion ?? "1",
    creationTimestamp: parts.created ?? "2026-01-01T00:00:00Z",
    ...(parts.namespace === undefined ? {} : { namespace: parts.namespace }),
    ...(parts.labels === undefined ? {} : { labels: parts.labels }),
    ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
    ...(parts.deleted === undefined ? {} : { deletionTimestamp: parts.deleted }),
    ...(parts.finalizers === undefined ? {} : { finalizers: parts.finalizers }),
    ...(parts.owners === undefined ? {} : { ownerReferences: parts.owners }),
  };
}

export interface PodParts extends MetaParts {
  readonly ip?: string;
  readonly node?: string;
  readonly ready?: boolean;
  readonly phase?: string;
  readonly spec?: Partial<Pod["spec"]>;
  readonly status?: Partial<NonNullable<Pod["status"]>>;
}

/** A running, ready pod in namespace default with one container; without `node` it isn't bound. */
export function aPod(name: string, parts: PodParts = {}): Pod {
  const { ip, node, ready = true, phase = "Running" } = parts;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: aMeta(name, { namespace: "default", ...parts }),
    spec: { containers: [{ name: "main", image: "main:1" }], ...(node === undefined ? {} : { nodeName: node }), ...parts.spec },
    status: {
      phase,
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: "2026-01-01T00:00:00Z" }],
      ...parts.status,
    },
  };
}

export interface NodeParts extends MetaParts {
  /** Status of the Ready condition; default True. */
  readonly ready?: "True" | "False" | "Unknown";
  readonly zone?: string;
  readonly taints?: Taint[];
  readonly podCIDR?: string;
}

export function aNode(name: string, parts: NodeParts = {}): Node {
  const { ready = "True", zone, taints, podCIDR } = parts;
  const labels = {
    "kubernetes.io/hostname": name,
    ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
    ...parts.labels,
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: aMeta(name, { ...parts, labels }),
    spec: { ...(taints === undefined ? {} : { taints }), ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] }) },
    status: {
      conditions: [{ type: "Ready", status: ready, lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z" }],
    },
  };
}

export interface ServiceParts extends MetaParts {
  readonly spec?: Partial<ServiceSpec>;
}

/** A ClusterIP Service for `app: <name>` on port 80. */
export function aService(name: string, parts: ServiceParts = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: aMeta(name, { namespace: "default", ...parts }),
    spec: {
      type: "ClusterIP",
      clusterIP: "10.96.0.5",
      clusterIPs: ["10.96.0.5"],
      ipFamilies: ["IPv4"],
      selector: { app: name },
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      ...parts.spec,
    },
    status: {},
  };
}
