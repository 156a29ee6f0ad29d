/** VolumeAttributesClass: how volumes are tuned. Upstream: pkg/registry/storage/volumeattributesclass/strategy.go */
import { required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { VolumeAttributesClass } from "../../../schema/shapes/storage.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { validateDriverName } from "../../core/v1/diskSources.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName, immutable } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateParameters } from "./storageClass.ts";

export const volumeAttributesClass: Kind<VolumeAttributesClass> = defineKind<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  namespaced: false,
  shortNames: ["vac"],
  struct: "k8s.io/api/storage/v1.VolumeAttributesClass",
  ...checkedWithMeta<VolumeAttributesClass>(
    { namespaced: false, name: dnsSubdomainName },
    ({ driverName, parameters = {} }, at) => [
      ...validateDriverName(driverName, at.child("driverName")),
      ...(Object.keys(parameters).length === 0 ? [required(at.child("parameters"), "must contain at least one key/value pair")] : []),
      ...validateParameters(parameters, at.child("parameters")),
    ],
    (next, previous, at) => [
      ...immutable(next.driverName, previous.driverName, at.child("driverName")),
      ...immutable(next.parameters, previous.parameters, at.child("parameters")),
    ],
  ),
  columns: [column("DriverName", "Whose volumes", ({ driverName }) => driverName), ageColumn()],
});
