/** DaemonSet. Upstream: pkg/registry/apps/daemonset/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { DaemonSet } from "../../../schema/shapes/apps.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const daemonSet: Kind<DaemonSet> = defineKind({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  namespaced: true,
  shortNames: ["ds"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/apps/v1.DaemonSet",
});
