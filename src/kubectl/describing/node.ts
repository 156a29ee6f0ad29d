/** A node, with its lease and what its pods take of it. Upstream: kubectl/pkg/describe/describe.go (describeNode) */
import { isApiError } from "../../machinery/status.ts";
import type { Lease } from "../../schema/shapes/coordination.v1.ts";
import type { Event, Node, NodeSpec, NodeStatus, Pod, Taint } from "../../schema/shapes/core.v1.ts";
import { textOf } from "../errors.ts";
import { sortedEntries } from "../printers/goValue.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { type Describing, eventsAbout, getOne, kindAt, listAll, listPods, subjectOf } from "./lookups.ts";
import type { Page } from "./page.ts";
import { byName, localTime, putBelowEachOther, putMarks, quantityText, since } from "./parts.ts";
import { addAll, type Amounts, amountsIn, none, type PodAmounts, podAmounts } from "./podAmounts.ts";

const leases = kindAt("coordination.k8s.io/v1", "Lease", "leases");
const slices = kindAt("resource.k8s.io/v1", "ResourceSlice", "resourceslices", false);
const rolePrefix = "node-role.kubernetes.io/";

export async function describeNode(node: Node, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = node;
  const name = metadata.name;
  const pods = await podsOn(describing, name);
  page.field(0, "Name", name);
  page.field(0, "Roles", rolesOf(metadata.labels ?? {}).join(",") || "<none>");
  putMarks(page, metadata);
  page.field(0, "CreationTimestamp", localTime(metadata.creationTimestamp));
  putTaints(page, spec);
  await putLease(page, name, describing);
  putConditions(page, node);
  putOffers(page, status);
  await putSlices(page, name, describing);
  putSystem(page, node);
  page.given(0, "PodCIDR", spec?.podCIDR);
  page.given(0, "PodCIDRs", spec?.podCIDRs?.join(","));
  page.given(0, "ProviderID", spec?.providerID);
  if (pods === undefined) page.field(0, "Pods", "not authorized");
  else putPods(page, pods, node, describing.now());
}

function putTaints(page: Page, spec: NodeSpec | undefined): void {
  const taints = [...(spec?.taints ?? [])].sort(byName(({ effect, key }) => `${effect},${key}`));
  putBelowEachOther(page, "Taints", taints.map(taintText));
  page.field(0, "Unschedulable", spec?.unschedulable === true);
}

function putOffers(page: Page, { addresses = [], capacity, allocatable }: NodeStatus = {}): void {
  page.line(0, "Addresses:");
  for (const { type, address } of addresses) page.field(1, type, address);
  putAmounts(page, "Capacity", capacity);
  putAmounts(page, "Allocatable", allocatable);
}

/** Events name a node by its uid, or by its name in place of it. */
export async function eventsOfNode(node: Node, describing: Describing): Promise<Event[]> {
  const subject = subjectOf(node as unknown as Unstructured);
  const byUid = await eventsAbout(describing, subject);
  return [...byUid, ...(await eventsAbout(describing, { ...subject, uid: subject.name }))];
}

/** Undefined where the user may not see them. */
async function podsOn(describing: Describing, node: string): Promise<Pod[] | undefined> {
  try {
    return await listPods(describing, "", `spec.nodeName=${node},status.phase!=Failed,status.phase!=Succeeded`);
  } catch (error) {
    if (isApiError(error, "Forbidden")) return undefined;
    throw error;
  }
}

function rolesOf(labels: Readonly<Record<string, string>>): string[] {
  const roles = Object.entries(labels).map(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length);
    return key === "kubernetes.io/role" ? value : "";
  });
  return [...new Set(roles.filter((role) => role !== ""))].sort();
}

function taintText({ key = "", value = "", effect = "" }: Partial<Taint>): string {
  if (effect === "") return value === "" ? key : `${key}=${value}:`;
  return value === "" ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}

async function putLease(page: Page, node: string, describing: Describing): Promise<void> {
  let lease: Lease;
  try {
    lease = await getOne<Lease>(describing, leases, "kube-node-lease", node);
  } catch (error) {
    return page.field(0, "Lease", `Failed to get lease: ${textOf(error)}`);
  }
  const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
  page.line(0, "Lease:");
  page.field(1, "HolderIdentity", holderIdentity ?? "<unset>");
  page.field(1, "AcquireTime", acquireTime === undefined ? "<unset>" : localTime(acquireTime));
  page.field(1, "RenewTime", renewTime === undefined ? "<unset>" : localTime(renewTime));
}

function putConditions(page: Page, { status }: Node): void {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return;
  page.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
  page.row(1, "----", "------", "-----------------", "------------------", "------", "-------");
  for (const { type, status: state, lastHeartbeatTime, lastTransitionTime, reason = "", message = "" } of conditions) {
    const cells = [type, state, localTime(lastHeartbeatTime), localTime(lastTransitionTime), reason];
    page.row(1, ...cells.map((cell) => `${cell} `), message);
  }
}

function putAmounts(page: Page, title: string, amounts: Readonly<Record<string, string>> | undefined): void {
  const entries = sortedEntries(amounts ?? {});
  if (entries.length === 0) return;
  page.line(0, `${title}:`);
  for (const [name, amount] of entries) page.field(1, name, quantityText(String(amount)));
}

interface ResourceSlice {
  readonly spec: { readonly driver: string; readonly pool: { readonly name: string }; readonly devices?: readonly unknown[] };
}

const mostPools = 10;

async function putSlices(page: Page, node: string, describing: Describing): Promise<void> {
  let found: ResourceSlice[];
  try {
    found = await listAll<ResourceSlice>({ ...describing, chunkSize: 0 }, slices, "", { fieldSelector: `spec.nodeName=${node}` });
  } catch {
    return;
  }
  if (found.length === 0) return;
  const pools = new Map<string, { readonly driver: string; readonly pool: string; slices: number; devices: number }>();
  for (const { spec } of found) {
    const key = `${spec.driver}/${spec.pool.name}`;
    const known = pools.get(key) ?? { driver: spec.driver, pool: spec.pool.name, slices: 0, devices: 0 };
    known.slices += 1;
    known.devices += (spec.devices ?? []).length;
    pools.set(key, known);
  }
  page.line(0, "Node-Local ResourceSlices:");
  page.row(1, "Driver", "Pool", "Slices", "Devices");
  page.row(1, "------", "----", "------", "-------");
  const ordered = [...pools.keys()].sort();
  for (const key of ordered.slice(0, mostPools)) {
    const pool = pools.get(key);
    if (pool !== undefined) page.row(1, pool.driver, pool.pool, pool.slices, pool.devices);
  }
  if (ordered.length > mostPools) page.line(1, `...and ${ordered.length - mostPools} more pools`);
}

function putSystem(page: Page, { status }: Node): void {
  const info = status?.nodeInfo;
  page.line(0, "System Info:");
  page.field(1, "Machine ID", info?.machineID);
  page.field(1, "System UUID", info?.systemUUID);
  page.field(1, "Boot ID", info?.bootID);
  page.field(1, "Kernel Version", info?.kernelVersion);
  page.field(1, "OS Image", info?.osImage);
  page.field(1, "Operating System", info?.operatingSystem);
  page.field(1, "Architecture", info?.architecture);
  page.field(1, "Container Runtime Version", info?.containerRuntimeVersion);
  page.field(1, "Kubelet Version", info?.kubeletVersion);
}

function putPods(page: Page, pods: readonly Pod[], { status }: Node, now: number): void {
  const allocatable = amountsIn(Object.keys(status?.allocatable ?? {}).length > 0 ? status?.allocatable : status?.capacity);
  page.field(0, "Non-terminated Pods", `(${pods.length} in total)`);
  page.row(1, "Namespace", "Name", "", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age");
  page.row(1, "---------", "----", "", "------------", "----------", "---------------", "-------------", "---");
  for (const pod of pods) {
    const amounts = podAmounts(pod, true);
    const cells = ["cpu", "memory"].flatMap((name) => sharesOf(amounts, name, allocatable, false));
    page.row(1, pod.metadata.namespace ?? "", pod.metadata.name, "", ...cells, since(pod.metadata.creationTimestamp, now));
  }
  putTotals(page, pods, allocatable);
}

function putTotals(page: Page, pods: readonly Pod[], allocatable: Amounts): void {
  page.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
  page.row(1, "Resource", "Requests", "Limits");
  page.row(1, "--------", "--------", "------");
  const total: PodAmounts = { requests: new Map(), limits: new Map() };
  for (const pod of pods) {
    const { requests, limits } = podAmounts(pod, false);
    addAll(total.requests, requests);
    addAll(total.limits, limits);
  }
  const standard = ["cpu", "memory", "ephemeral-storage"];
  const names = [...allocatable.keys()].sort();
  const pages = names.filter((name) => name.startsWith("hugepages-"));
  for (const name of [...standard, ...pages]) page.row(1, name, ...sharesOf(total, name, allocatable, true));
  for (const name of names.filter((one) => !standard.includes(one) && !pages.includes(one) && one !== "pods")) {
    page.row(1, name, total.requests.get(name) ?? none, total.limits.get(name) ?? none);
  }
}

/** Requests and limits as `100m (5%)`. */
function sharesOf({ requests, limits }: PodAmounts, name: string, allocatable: Amounts, zeroOfNone: boolean): string[] {
  const whole = counted(allocatable, name);
  return [requests, limits].map((amounts) => {
    const share = whole === 0 && zeroOfNone ? 0 : Math.trunc((counted(amounts, name) / whole) * 100);
    return `${(amounts.get(name) ?? none).toString()} (${share}%)`;
  });
}

function counted(amounts: Amounts, name: string): number {
  const amount = amounts.get(name) ?? none;
  return name === "cpu" ? amount.milliValue() : amount.value();
}
