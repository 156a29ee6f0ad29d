/** CSINode: the storage drivers of one node. Upstream: pkg/registry/storage/csinode/strategy.go, pkg/apis/storage/validation */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { CSINode } from "../../../schema/shapes/storage.v1.ts";
import { ageColumn, integerColumn } from "../../columns.ts";
import { validateDriverName } from "../../core/v1/diskSources.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName, nonNegative, qualifiedName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

export const csiNode: Kind<CSINode> = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  struct: "k8s.io/api/storage/v1.CSINode",
  ...checkedWithMeta<CSINode>({ namespaced: false, name: dnsSubdomainName }, validate),
  columns: [integerColumn("Drivers", "How many drivers it has", ({ spec }) => spec.drivers.length), ageColumn()],
});

function validate({ spec }: CSINode, at: Path): FieldError[] {
  const seen = new Set<string>();
  return spec.drivers.flatMap(({ name, nodeID, topologyKeys, allocatable }, i) => {
    const here = at.child("spec", "drivers").index(i);
    const errors = validateDriverName(name, here.child("name"));
    if (seen.has(name)) errors.push(duplicate(here.child("name"), name));
    seen.add(name);
    if (nodeID === "") errors.push(required(here.child("nodeID")));
    errors.push(...nonNegative(allocatable?.count, here.child("allocatable", "count")));
    return [...errors, ...topologyKeys.flatMap((key) => qualifiedName(key, here.child("topologyKeys")))];
  });
}
