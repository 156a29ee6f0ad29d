/** Pod. Upstream: pkg/registry/core/pod/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Pod } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const pod: Kind<Pod> = defineKind({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  shortNames: ["po"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Pod",
});
