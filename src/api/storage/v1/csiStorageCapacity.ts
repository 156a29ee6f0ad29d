/** CSIStorageCapacity: how much storage of a class there is in one place. Upstream: pkg/registry/storage/csistoragecapacity/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { CSIStorageCapacity } from "../../../schema/shapes/storage.v1.ts";
import { column } from "../../columns.ts";
import { nonNegativeQuantity } from "../../core/v1/resourceValidation.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomain, dnsSubdomainName, immutable } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";

export const csiStorageCapacity: Kind<CSIStorageCapacity> = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  namespaced: true,
  struct: "k8s.io/api/storage/v1.CSIStorageCapacity",
  ...checkedWithMeta<CSIStorageCapacity>(
    { namespaced: true, name: dnsSubdomainName },
    ({ nodeTopology, storageClassName, capacity, maximumVolumeSize }, at) => [
      ...validateLabelSelector(nodeTopology, at.child("nodeTopology")),
      ...dnsSubdomain(storageClassName, at.child("storageClassName")),
      ...(capacity === undefined ? [] : nonNegativeQuantity(capacity, at.child("capacity"))),
      ...(maximumVolumeSize === undefined ? [] : nonNegativeQuantity(maximumVolumeSize, at.child("maximumVolumeSize"))),
    ],
    (next, previous, at) => [
      ...immutable(next.nodeTopology, previous.nodeTopology, at.child("nodeTopology")),
      ...immutable(next.storageClassName, previous.storageClassName, at.child("storageClassName")),
    ],
  ),
  columns: [
    column("StorageClassName", "Of which class", ({ storageClassName }) => storageClassName),
    column("Capacity", "How much", ({ capacity }) => capacity ?? "<unset>"),
  ],
});
