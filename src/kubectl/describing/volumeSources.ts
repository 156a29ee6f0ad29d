/**
 * What is shown of each source of a volume, as data: its title and fields.
 * Upstream: kubectl/pkg/describe/describe.go (print...VolumeSource)
 */
import { tryParseQuantity } from "../../machinery/quantity.ts";
import { goSprint } from "../printers/goValue.ts";
import { listText, quantityText } from "./parts.ts";

export type Source = Readonly<Record<string, unknown>>;
/** What is shown of a value; undefined: no line at all. `persistent`: it is a PersistentVolume's, not a pod's. */
type Text = (value: unknown, persistent: boolean) => string | undefined;
type Shown = readonly [label: string, field: string, text?: Text];

interface VolumeSourceText {
  readonly title: string;
  readonly fields: readonly Shown[];
}

export const text = (value: unknown): string => (value === undefined ? "" : typeof value === "string" ? value : goSprint(value));
const flag = (value: unknown): string => String(value === true);
const count = (value: unknown): string => text(value ?? 0);
const orNone = (value: unknown): string => text(value ?? "<none>");
const list = (value: unknown): string => listText(value as unknown[] | undefined);
const sizeText = (value: unknown): string => {
  const size = value as string | undefined;
  return size !== undefined && (tryParseQuantity(size)?.nanos ?? 0n) > 0n ? quantityText(size) : "<unset>";
};
/** A struct behind a pointer, as Go prints it. */
const reference: Text = (value, persistent) => {
  if (value === undefined) return "nil";
  const { name = "", namespace = "" } = value as { name?: string; namespace?: string };
  return persistent ? `&SecretReference{Name:${name},Namespace:${namespace},}` : `&LocalObjectReference{Name:${name},}`;
};
const ofVolumes =
  (show: (value: unknown) => string): Text =>
  (value, persistent) =>
    persistent ? show(value) : undefined;
const nameIn = (value: unknown): string => text((value as Source | undefined)?.["name"]);
const namespaceIn = (value: unknown): string => text((value as Source | undefined)?.["namespace"]);

const readOnly: Shown = ["ReadOnly", "readOnly", flag];
const fsType: Shown = ["FSType", "fsType"];
const partition: Shown = ["Partition", "partition", count];
const volumeId: Shown = ["VolumeID", "volumeID"];
const scaleIo: readonly Shown[] = [
  ["Gateway", "gateway"],
  ["System", "system"],
  ["Protection Domain", "protectionDomain"],
  ["Storage Pool", "storagePool"],
  ["Storage Mode", "storageMode"],
  ["VolumeName", "volumeName"],
];
const iscsi: readonly Shown[] = [
  ["TargetPortal", "targetPortal"],
  ["IQN", "iqn"],
  ["Lun", "lun", count],
  ["ISCSIInterface", "iscsiInterface"],
  fsType,
  readOnly,
  ["Portals", "portals", list],
  ["DiscoveryCHAPAuth", "chapAuthDiscovery", flag],
  ["SessionCHAPAuth", "chapAuthSession", flag],
];
const options: Shown = ["Options", "options", (value) => goSprint(value ?? {})];

const secretRef: Shown = ["SecretRef", "secretRef", reference];

/** In the order in which upstream looks for them. */
export const volumeSources: Readonly<Record<string, VolumeSourceText>> = {
  hostPath: {
    title: "HostPath (bare host directory volume)",
    fields: [
      ["Path", "path"],
      ["HostPathType", "type", orNone],
    ],
  },
  emptyDir: {
    title: "EmptyDir (a temporary directory that shares a pod's lifetime)",
    fields: [
      ["Medium", "medium"],
      ["SizeLimit", "sizeLimit", sizeText],
    ],
  },
  gcePersistentDisk: {
    title: "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
    fields: [["PDName", "pdName"], fsType, partition, readOnly],
  },
  awsElasticBlockStore: {
    title: "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
    fields: [volumeId, fsType, partition, readOnly],
  },
  gitRepo: {
    title: "GitRepo (a volume that is pulled from git when the pod is created)",
    fields: [
      ["Repository", "repository"],
      ["Revision", "revision"],
    ],
  },
  secret: {
    title: "Secret (a volume populated by a Secret)",
    fields: [
      ["SecretName", "secretName"],
      ["Optional", "optional", flag],
    ],
  },
  configMap: {
    title: "ConfigMap (a volume populated by a ConfigMap)",
    fields: [
      ["Name", "name"],
      ["Optional", "optional", flag],
    ],
  },
  nfs: { title: "NFS (an NFS mount that lasts the lifetime of a pod)", fields: [["Server", "server"], ["Path", "path"], readOnly] },
  iscsi: {
    title: "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
    fields: [...iscsi, secretRef, ["InitiatorName", "initiatorName", orNone]],
  },
  glusterfs: {
    title: "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
    fields: [
      ["EndpointsName", "endpoints"],
      ["EndpointsNamespace", "endpointsNamespace", ofVolumes((value) => text(value ?? "<unset>"))],
      ["Path", "path"],
      readOnly,
    ],
  },
  persistentVolumeClaim: {
    title: "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
    fields: [["ClaimName", "claimName"], readOnly],
  },
  ephemeral: { title: "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)", fields: [] },
  rbd: {
    title: "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
    fields: [
      ["CephMonitors", "monitors", list],
      ["RBDImage", "image"],
      fsType,
      ["RBDPool", "pool"],
      ["RadosUser", "user"],
      ["Keyring", "keyring"],
      secretRef,
      readOnly,
    ],
  },
  quobyte: {
    title: "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
    fields: [["Registry", "registry"], ["Volume", "volume"], readOnly],
  },
  downwardAPI: { title: "DownwardAPI (a volume populated by information about the pod)", fields: [] },
  azureDisk: {
    title: "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
    fields: [["DiskName", "diskName"], ["DiskURI", "diskURI"], ["Kind", "kind"], fsType, ["CachingMode", "cachingMode"], readOnly],
  },
  vsphereVolume: {
    title: "vSphereVolume (a Persistent Disk resource in vSphere)",
    fields: [["VolumePath", "volumePath"], fsType, ["StoragePolicyName", "storagePolicyName"]],
  },
  cinder: { title: "Cinder (a Persistent Disk resource in OpenStack)", fields: [volumeId, fsType, readOnly, secretRef] },
  photonPersistentDisk: {
    title: "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
    fields: [["PdID", "pdID"], fsType],
  },
  portworxVolume: { title: "PortworxVolume (a Portworx Volume resource)", fields: [volumeId] },
  scaleIO: {
    title: "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
    fields: [
      ...scaleIo,
      ["SecretName", "secretRef", ofVolumes(nameIn)],
      ["SecretNamespace", "secretRef", ofVolumes(namespaceIn)],
      fsType,
      readOnly,
    ],
  },
  local: { title: "LocalVolume (a persistent volume backed by local storage on a node)", fields: [["Path", "path"]] },
  cephfs: {
    title: "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
    fields: [["Monitors", "monitors", list], ["Path", "path"], ["User", "user"], ["SecretFile", "secretFile"], secretRef, readOnly],
  },
  storageos: {
    title: "StorageOS (a StorageOS Persistent Disk resource)",
    fields: [["VolumeName", "volumeName"], ["VolumeNamespace", "volumeNamespace"], fsType, readOnly],
  },
  fc: {
    title: "FC (a Fibre Channel disk)",
    fields: [
      ["TargetWWNs", "targetWWNs", (value) => ((value as string[] | undefined) ?? []).join(", ")],
      ["LUN", "lun", orNone],
      fsType,
      readOnly,
    ],
  },
  azureFile: {
    title: "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
    fields: [["SecretName", "secretName"], ["SecretNamespace", "secretNamespace", ofVolumes(text)], ["ShareName", "shareName"], readOnly],
  },
  flexVolume: {
    title: "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
    fields: [["Driver", "driver"], fsType, secretRef, readOnly, options],
  },
  flocker: {
    title: "Flocker (a Flocker volume mounted by the Flocker agent)",
    fields: [
      ["DatasetName", "datasetName"],
      ["DatasetUUID", "datasetUUID"],
    ],
  },
  projected: { title: "Projected (a volume that contains injected data from multiple sources)", fields: [] },
  csi: {
    title: "CSI (a Container Storage Interface (CSI) volume source)",
    fields: [["Driver", "driver"], fsType, ["VolumeHandle", "volumeHandle", ofVolumes(text)], readOnly],
  },
  image: {
    title: "Image (a container image or OCI artifact)",
    fields: [
      ["Reference", "reference"],
      ["PullPolicy", "pullPolicy"],
    ],
  },
};
