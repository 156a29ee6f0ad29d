/** PersistentVolume, PersistentVolumeClaim, StorageClass, CSIDriver, and CertificateSigningRequest beside them. */
import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { certificateSigningRequest } from "../../certificates/v1/certificateSigningRequest.ts";
import { csiDriver } from "../../storage/v1/csiDriver.ts";
import { storageClass } from "../../storage/v1/storageClass.ts";
import { persistentVolume } from "./persistentVolume.ts";
import { persistentVolumeClaim } from "./persistentVolumeClaim.ts";

const now = "2026-01-01T00:00:00Z";
const volume = (parts: Sent = {}): Sent => ({
  spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" }, ...parts },
});
const claim = (parts: Sent = {}): Sent => ({
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...parts },
});

describe("PersistentVolume", () => {
  it("is kept, and a file system, where nothing is said", () => {
    expect(created(persistentVolume, volume())).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem", hostPath: { type: "" } },
      status: { phase: "Pending" },
    });
  });

  it.each<[string, Sent, string[]]>([
    ["nothing to say", volume(), []],
    ["no source", volume({ hostPath: undefined }), ["spec: Required value: must specify a volume type"]],
    ["no mode", volume({ accessModes: [] }), ["spec.accessModes: Required value"]],
    [
      "no capacity",
      volume({ capacity: {} }),
      ["spec.capacity: Required value", 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    ["two sources", volume({ nfs: { server: "s", path: "/" } }), ["spec.nfs: Forbidden: may not specify more than 1 volume type"]],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(persistentVolume, sent)).toEqual(problems);
  });

  it("keeps its source, and shows who has it", () => {
    const [text = ""] = updateProblems(persistentVolume, volume(), ({ spec }) => (spec.hostPath = { path: "/other" }));
    expect(text).toContain("spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n");
    const object = { ...created(persistentVolume, volume({ claimRef: { namespace: "ns", name: "c" } })), status: { phase: "Bound" } };
    expect(rowOf(persistentVolume, object, now)).toMatchObject({
      Capacity: "1Gi",
      "Access Modes": "RWO",
      Status: "Bound",
      Claim: "ns/c",
      VolumeMode: "Filesystem",
    });
  });
});

describe("PersistentVolumeClaim", () => {
  it.each<[string, Sent, string[]]>([
    ["nothing to say", claim(), []],
    ["no mode", claim({ accessModes: [] }), ["spec.accessModes: Required value: at least 1 access mode is required"]],
    ["no size", claim({ resources: {} }), ["spec.resources[storage]: Required value"]],
    [
      "a mode that goes alone",
      claim({ accessModes: ["ReadWriteOncePod", "ReadOnlyMany"] }),
      ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(persistentVolumeClaim, sent)).toEqual(problems);
  });

  it("may be bound once; the rest stays", () => {
    expect(updateProblems(persistentVolumeClaim, claim(), ({ spec }) => (spec.volumeName = "pv"))).toEqual([]);
    const [text = ""] = updateProblems(persistentVolumeClaim, claim(), ({ spec }) => (spec.accessModes = ["ReadWriteMany"]));
    expect(text).toContain(
      "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n",
    );
  });

  it("shows what it has once it is bound", () => {
    const object = {
      ...created(persistentVolumeClaim, claim({ volumeName: "pv", storageClassName: "fast" })),
      status: { phase: "Bound", capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOnce"] },
    };
    expect(rowOf(persistentVolumeClaim, object, now)).toMatchObject({
      Status: "Bound",
      Volume: "pv",
      Capacity: "2Gi",
      "Access Modes": "RWO",
      StorageClass: "fast",
      VolumeAttributesClass: "<unset>",
    });
  });
});

it("StorageClass: says beside its name that it is the default", () => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const object = created(storageClass, { metadata: { name: "fast", annotations }, provisioner: "example.com/disk" });
  expect(rowOf(storageClass, object, now)).toMatchObject({
    Name: "fast (default)",
    ReclaimPolicy: "Delete",
    VolumeBindingMode: "Immediate",
    AllowVolumeExpansion: false,
  });
  expect(createProblems(storageClass, {})).toEqual(["provisioner: Required value"]);
  expect(updateProblems(storageClass, { provisioner: "a.b/c" }, (next) => (next.provisioner = "d.e/f"))).toEqual([
    "provisioner: Forbidden: updates to provisioner are forbidden.",
  ]);
});

it("CSIDriver: attaches, and keeps its volumes", () => {
  expect(rowOf(csiDriver, created(csiDriver, { metadata: { name: "d.example.com" } }), now)).toMatchObject({
    AttachRequired: true,
    Modes: "Persistent",
    TokenRequests: "<unset>",
  });
});

it("CertificateSigningRequest: shows what has been decided", () => {
  const spec = {
    request: "eA==",
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["client auth"],
    username: "jane",
    expirationSeconds: 3600,
  };
  const object = created(certificateSigningRequest, { spec });
  expect(createProblems(certificateSigningRequest, { spec })).toEqual([]);
  expect(rowOf(certificateSigningRequest, object, now)).toMatchObject({
    Requestor: "jane",
    RequestedDuration: "60m",
    Condition: "Pending",
  });
  object.status = { certificate: "eA==", conditions: [{ type: "Approved", status: "True" }] };
  expect(rowOf(certificateSigningRequest, object, now)).toMatchObject({ Condition: "Approved,Issued" });
  expect(createProblems(certificateSigningRequest, { spec: { ...spec, signerName: "x", usages: [] } })).toEqual([
    "spec.usages: Required value: usages are required",
    "spec.signerName: Invalid value: \"x\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
  ]);
});
