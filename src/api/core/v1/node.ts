/** Node. Upstream: pkg/registry/core/node/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Node } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const node: Kind<Node> = defineKind({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  shortNames: ["no"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Node",
});
