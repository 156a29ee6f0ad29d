/** Volumes, claims on them, and classes. Upstream: kubectl/pkg/describe/describe.go */
import type {
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeSpec,
  Pod,
} from "../../schema/shapes/core.v1.ts";
import type { CSINode, StorageClass, VolumeAttributesClass } from "../../schema/shapes/storage.v1.ts";
import { accessModesText } from "../../api/core/v1/storageColumns.ts";
import { putClaim, stateText, storageClassOf } from "./claimParts.ts";
import { type Describing, listPods } from "./lookups.ts";
import type { Page } from "./page.ts";
import { boolText, byName, labelsText, listText, localTime, putBelowEachOther, putHead, putMarks, quantityText } from "./parts.ts";
import { putPersistentSource } from "./volumes.ts";

export function describeVolume(volume: PersistentVolume, page: Page, describing: Describing): void {
  const { metadata, spec, status } = volume;
  page.field(0, "Name", metadata.name);
  putMarks(page, metadata);
  page.field(0, "Finalizers", listText(metadata.finalizers));
  page.field(0, "StorageClass", storageClassOf(volume));
  page.field(0, "Status", stateText(volume, describing.now()));
  if (spec !== undefined) putUse(page, spec);
  page.field(0, "Message", status?.message);
  page.line(0, "Source:");
  putPersistentSource(page, spec ?? {});
}

function putUse(page: Page, spec: PersistentVolumeSpec): void {
  const claim = spec.claimRef;
  page.field(0, "Claim", claim === undefined ? "" : `${claim.namespace ?? ""}/${claim.name ?? ""}`);
  page.field(0, "Reclaim Policy", spec.persistentVolumeReclaimPolicy);
  page.field(0, "Access Modes", accessModesText(spec.accessModes));
  page.given(0, "VolumeMode", spec.volumeMode);
  page.field(0, "Capacity", quantityText(spec.capacity?.["storage"]));
  putAffinity(page, spec.nodeAffinity?.required?.nodeSelectorTerms);
}

function putAffinity(page: Page, terms: readonly { matchExpressions?: NodeSelectorRequirement[] | undefined }[] | undefined): void {
  if (terms === undefined) return page.field(0, "Node Affinity", "<none>");
  page.field(0, "Node Affinity", "");
  page.field(1, "Required Terms", terms.length === 0 ? "<none>" : "");
  terms.forEach(({ matchExpressions = [] }, at) => {
    const lines = matchExpressions.map(({ key, operator, values = [] }) => requirementText(key, operator.toLowerCase(), values));
    putTerm(page, 2, `Term ${at}`, lines);
  });
  return undefined;
}

function requirementText(key: string, operator: string, values: readonly string[]): string {
  return `${key} ${operator}${values.length === 0 ? "" : ` [${values.join(", ")}]`}`;
}

function putTerm(page: Page, level: number, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return page.field(level, title, "<none>");
  lines.forEach((line, at) => page.row(level, at === 0 ? `${title}:` : "", line));
  return undefined;
}

export async function describeClaim(claim: PersistentVolumeClaim, page: Page, describing: Describing): Promise<void> {
  const pods = await podsUsing(claim, describing);
  putClaim(page, claim, true, describing.now());
  putBelowEachOther(page, "Used By", pods.map((pod) => pod.metadata.name).sort(byName((name) => name)));
  const conditions = claim.status?.conditions ?? [];
  if (conditions.length === 0) return;
  page.line(0, "Conditions:");
  page.row(1, "Type", "Status", "LastProbeTime", "LastTransitionTime", "Reason", "Message");
  page.row(1, "----", "------", "-----------------", "------------------", "------", "-------");
  for (const one of conditions) {
    const times = [localTime(one.lastProbeTime), localTime(one.lastTransitionTime)];
    page.row(1, ...[one.type, one.status, ...times, one.reason ?? ""].map((cell) => `${cell} `), one.message ?? "");
  }
}

async function podsUsing({ metadata }: PersistentVolumeClaim, describing: Describing): Promise<Pod[]> {
  const pods = await listPods(describing, metadata.namespace ?? "");
  const mounting = pods.flatMap((pod) =>
    (pod.spec.volumes ?? []).filter((volume) => volume.persistentVolumeClaim?.claimName === metadata.name).map(() => pod),
  );
  const owners = (metadata.ownerReferences ?? []).filter(({ kind }) => kind === "Pod").map(({ uid }) => uid);
  return [...mounting, ...pods.filter((pod) => owners.includes(pod.metadata.uid ?? "") && !mounting.includes(pod))];
}

const defaultAnnotations = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

export function describeStorageClass(one: StorageClass, page: Page): void {
  const { metadata, mountOptions = [] } = one;
  const isDefault = defaultAnnotations.some((name) => metadata.annotations?.[name] === "true");
  page.field(0, "Name", metadata.name);
  page.field(0, "IsDefaultClass", isDefault ? "Yes" : "No");
  page.field(0, "Annotations", labelsText(metadata.annotations));
  page.field(0, "Provisioner", one.provisioner);
  page.field(0, "Parameters", labelsText(one.parameters));
  page.field(0, "AllowVolumeExpansion", boolText(one.allowVolumeExpansion));
  page.line(0, mountOptions.length === 0 ? "MountOptions:\t<none>" : "MountOptions:");
  for (const option of mountOptions) page.line(1, option);
  page.given(0, "ReclaimPolicy", one.reclaimPolicy);
  page.given(0, "VolumeBindingMode", one.volumeBindingMode);
  const topologies = one.allowedTopologies;
  if (topologies === undefined) return;
  page.field(0, "AllowedTopologies", topologies.length === 0 ? "<none>" : "");
  topologies.forEach(({ matchLabelExpressions = [] }, at) => {
    putTerm(
      page,
      1,
      `Term ${at}`,
      matchLabelExpressions.map(({ key, values }) => requirementText(key, "in", values)),
    );
  });
}

export function describeVolumeAttributesClass({ metadata, driverName, parameters }: VolumeAttributesClass, page: Page): void {
  page.field(0, "Name", metadata.name);
  page.field(0, "Annotations", labelsText(metadata.annotations));
  page.field(0, "DriverName", driverName);
  page.field(0, "Parameters", labelsText(parameters));
}

export function describeCsiNode({ metadata, spec }: CSINode, page: Page): void {
  putHead(page, metadata, { namespaced: false });
  page.field(0, "CreationTimestamp", localTime(metadata.creationTimestamp));
  page.line(0, "Spec:");
  if (spec?.drivers === undefined) return;
  page.line(1, "Drivers:");
  for (const { name, nodeID, allocatable, topologyKeys } of spec.drivers) {
    page.line(2, `${name}:`);
    page.field(3, "Node ID", nodeID);
    if (allocatable?.count !== undefined) {
      page.line(3, "Allocatables:");
      page.field(4, "Count", allocatable.count);
    }
    if (topologyKeys !== undefined) page.field(3, "Topology Keys", listText(topologyKeys));
  }
}
