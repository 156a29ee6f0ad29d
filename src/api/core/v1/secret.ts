/** Secret. Upstream: pkg/registry/core/secret/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Secret } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const secret: Kind<Secret> = defineKind({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  struct: "k8s.io/api/core/v1.Secret",
});
