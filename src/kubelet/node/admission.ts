/**
 * Whether the node takes a pod that it was given. Upstream: pkg/kubelet/lifecycle/predicate.go, handlers.go
 * Left out: host ports (the scheduler sees to them), devices, eviction of lesser pods for critical ones.
 */
import { requirementMatches, type Operator } from "../../machinery/requirements.ts";
import { goQuote } from "../../machinery/goText.ts";
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod } from "../../schema/shapes/core.v1.ts";
import { bytes, milli, podRequests } from "../pod/resources.ts";

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

export interface AdmissionScene {
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Whether the runtime honours it; not telling is no. */
  readonly supplementalGroupsPolicy?: boolean | undefined;
  /** Whether containers get AppArmor profiles here; not telling is no. */
  readonly appArmor?: boolean | undefined;
  /** What each pod asks for that the node already runs. */
  readonly others: readonly ReadonlyMap<string, number>[];
}

const strictRefusal: Refusal = {
  reason: "SupplementalGroupsPolicyNotSupported",
  message: "SupplementalGroupsPolicy=Strict is not supported in this node",
};

/** Upstream: pkg/security/apparmor/validate.go */
const appArmorRefusal: Refusal = { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" };

function wantsAppArmor({ spec }: Pod): boolean {
  const all = [spec, ...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  return all.some(({ securityContext }) => (securityContext?.appArmorProfile?.type ?? "Unconfined") !== "Unconfined");
}

/** Undefined: it is welcome. */
export function refusalOf(pod: Pod, scene: AdmissionScene): Refusal | undefined {
  if (pod.spec.securityContext?.supplementalGroupsPolicy === "Strict" && scene.supplementalGroupsPolicy !== true) return strictRefusal;
  if (!matchesNode(pod, scene)) return { reason: "NodeAffinity", message: "Predicate NodeAffinity failed" };
  if (scene.appArmor !== true && wantsAppArmor(pod)) return appArmorRefusal;
  return forbiddenSysctl(pod) ?? shortage(pod, scene);
}

/** Those that only concern the pod itself. Upstream: pkg/kubelet/sysctl/safe_sysctls.go, allowlist.go */
const safeSysctls: ReadonlySet<string> = new Set(
  (
    "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start " +
    "net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl " +
    "net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem"
  ).split(" "),
);

function forbiddenSysctl({ spec }: Pod): Refusal | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll("/", ".");
    const refused = (why: string): Refusal => ({ reason: "SysctlForbidden", message: `forbidden sysctl: ${goQuote(name)} ${why}` });
    if (dotted.startsWith("net.") && spec.hostNetwork === true) return refused("not allowed with host net enabled");
    if (dotted.startsWith("kernel.") && spec.hostIPC === true) return refused("not allowed with host ipc enabled");
    if (!safeSysctls.has(dotted)) return refused("not allowlisted");
  }
  return undefined;
}

export interface ResizeRefusal {
  /** Never on this node, or not yet. */
  readonly reason: "Infeasible" | "Deferred";
  readonly message: string;
}

/** Undefined: the pod can have what it asks for now. */
export function resizeRefusalOf(pod: Pod, scene: Pick<AdmissionScene, "allocatable" | "others">): ResizeRefusal | undefined {
  const asked = podRequests(pod);
  for (const resource of ["memory", "cpu"] as const) {
    const requested = asked.get(resource) ?? 0;
    const capacity = resource === "cpu" ? milli(scene.allocatable[resource]) : bytes(scene.allocatable[resource]);
    if (requested <= capacity) continue;
    const message = `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`;
    return { reason: "Infeasible", message };
  }
  const short = shortage(pod, scene);
  return short === undefined ? undefined : { reason: "Deferred", message: short.message };
}

function shortage(pod: Pod, scene: Pick<AdmissionScene, "allocatable" | "others">): Refusal | undefined {
  const used = new Map<string, number>([["pods", scene.others.length]]);
  for (const requests of scene.others) for (const [resource, amount] of requests) used.set(resource, (used.get(resource) ?? 0) + amount);
  const asked = new Map([["pods", 1], ...podRequests(pod)]);
  for (const [resource, requested] of asked) {
    const text = scene.allocatable[resource];
    if (text === undefined && !resource.includes("/")) continue;
    const capacity = resource === "cpu" ? milli(text) : bytes(text);
    const taken = used.get(resource) ?? 0;
    if (requested === 0 || taken + requested <= capacity) continue;
    const figures = `requested: ${requested}, used: ${taken}, capacity: ${capacity}`;
    return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${figures}` };
  }
  return undefined;
}

function matchesNode(pod: Pod, scene: AdmissionScene): boolean {
  const wanted = Object.entries(pod.spec.nodeSelector ?? {});
  if (wanted.some(([key, value]) => scene.labels[key] !== value)) return false;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, scene));
}

function matchesTerm(term: NodeSelectorTerm, scene: AdmissionScene): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { "metadata.name": scene.nodeName };
  return matchExpressions.every((one) => matchesOne(one, scene.labels)) && matchFields.every((one) => matchesOne(one, fields));
}

const operators: Readonly<Record<string, Operator>> = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!", Gt: "gt", Lt: "lt" };

function matchesOne({ key, operator, values = [] }: NodeSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const known = operators[operator];
  return known !== undefined && requirementMatches({ key, operator: known, values }, labels);
}
