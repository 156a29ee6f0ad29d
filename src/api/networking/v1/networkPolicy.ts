/** NetworkPolicy. Upstream: pkg/registry/networking/networkpolicy/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { NetworkPolicy } from "../../../schema/shapes/networking.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const networkPolicy: Kind<NetworkPolicy> = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
  shortNames: ["netpol"],
  struct: "k8s.io/api/networking/v1.NetworkPolicy",
});
