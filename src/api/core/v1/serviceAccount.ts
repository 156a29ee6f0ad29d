/** ServiceAccount. Upstream: pkg/registry/core/serviceaccount/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ServiceAccount } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const serviceAccount: Kind<ServiceAccount> = defineKind({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
  shortNames: ["sa"],
  struct: "k8s.io/api/core/v1.ServiceAccount",
});
