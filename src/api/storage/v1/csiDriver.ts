/** CSIDriver: what a storage driver can do. Upstream: pkg/registry/storage/csidriver/strategy.go, pkg/apis/storage/validation */
import type { FieldError, Path } from "../../../machinery/field.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { CSIDriver, CSIDriverSpec } from "../../../schema/shapes/storage.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { validateDriverName } from "../../core/v1/diskSources.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, immutable, oneOf, optionalOneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

const columns: readonly Column<CSIDriver>[] = [
  column("AttachRequired", "Whether volumes are attached to nodes first", ({ spec }) => spec.attachRequired ?? true),
  column("PodInfoOnMount", "Whether it is told whose volume it mounts", ({ spec }) => spec.podInfoOnMount ?? false),
  column("StorageCapacity", "Whether it says how much there is", ({ spec }) => spec.storageCapacity ?? false),
  column("TokenRequests", "Tokens that it is given", tokensText),
  column("RequiresRepublish", "Whether it mounts again and again", ({ spec }) => spec.requiresRepublish ?? false),
  column("Modes", "How long its volumes live", ({ spec }) => (spec.volumeLifecycleModes ?? []).join(",") || "<none>"),
  ageColumn(),
];

export const csiDriver: Kind<CSIDriver> = defineKind<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  struct: "k8s.io/api/storage/v1.CSIDriver",
  setDefaults({ spec }) {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ["Persistent"];
  },
  ...checkedWithMeta<CSIDriver>(
    { namespaced: false, name: dnsSubdomainName },
    ({ metadata, spec }, at) => [
      ...validateDriverName(metadata.name || "", at.child("metadata", "name")),
      ...validateSpec(spec, at.child("spec")),
    ],
    ({ spec }, { spec: previous }, at) => [
      ...immutable(spec.attachRequired, previous.attachRequired, at.child("spec", "attachedRequired")),
      ...immutable(spec.volumeLifecycleModes, previous.volumeLifecycleModes, at.child("spec", "volumeLifecycleModes")),
    ],
  ),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns,
});

function tokensText({ spec }: CSIDriver): string {
  return (spec.tokenRequests ?? []).map(({ audience }) => audience).join(",") || "<unset>";
}

function validateSpec({ volumeLifecycleModes = [], fsGroupPolicy }: CSIDriverSpec, at: Path): FieldError[] {
  const modesAt = at.child("volumeLifecycleModes");
  return [
    ...volumeLifecycleModes.flatMap((mode) => oneOf(mode, ["Ephemeral", "Persistent"], modesAt)),
    ...optionalOneOf(fsGroupPolicy, ["File", "None", "ReadWriteOnceWithFSType"], at.child("fsGroupPolicy")),
  ];
}
