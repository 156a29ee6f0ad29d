/** Node: a machine that runs pods. Upstream: pkg/registry/core/node/strategy.go */
import { conditionOf } from "../../../machinery/conditions.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { Node } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column, wideColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { validateNode, validateNodeUpdate } from "./nodeValidation.ts";

const rolePrefix = "node-role.kubernetes.io/";
const roleLabel = "kubernetes.io/role";

const columns: readonly Column<Node>[] = [
  column("Status", "Whether it takes and runs pods", statusText),
  column("Roles", "What its labels say it is for", rolesText),
  ageColumn(),
  column("Version", "Version of its kubelet", ({ status }) => status?.nodeInfo?.kubeletVersion ?? ""),
  wideColumn("Internal-IP", "Its address inside the cluster", (node) => addressOf(node, "InternalIP")),
  wideColumn("External-IP", "Its address outside the cluster", (node) => addressOf(node, "ExternalIP")),
  wideColumn("OS-Image", "Its operating system", ({ status }) => status?.nodeInfo?.osImage || "<unknown>"),
  wideColumn("Kernel-Version", "Its kernel", ({ status }) => status?.nodeInfo?.kernelVersion || "<unknown>"),
  wideColumn("Container-Runtime", "What runs its containers", ({ status }) => status?.nodeInfo?.containerRuntimeVersion || "<unknown>"),
];

export const node: Kind<Node> = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  shortNames: ["no"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Node",
  setDefaults({ spec, status }) {
    if (!spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
    if (spec.podCIDR && spec.podCIDRs === undefined) spec.podCIDRs = [spec.podCIDR];
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeUpdate,
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec.unschedulable ?? false) },
  columns,
});

function statusText({ spec, status }: Node): string {
  const ready = conditionOf(status?.conditions, "Ready");
  const text = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

function rolesText({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    if (key === roleLabel && value !== "") roles.add(value);
  }
  return [...roles].sort().join(",") || "<none>";
}

function addressOf({ status }: Node, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}
