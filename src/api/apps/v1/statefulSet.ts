/** StatefulSet. Upstream: pkg/registry/apps/statefulset/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { StatefulSet } from "../../../schema/shapes/apps.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const statefulSet: Kind<StatefulSet> = defineKind({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  namespaced: true,
  shortNames: ["sts"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/apps/v1.StatefulSet",
});
