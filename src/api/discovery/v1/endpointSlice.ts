/** EndpointSlice. Upstream: pkg/registry/discovery/endpointslice/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { EndpointSlice } from "../../../schema/shapes/discovery.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const endpointSlice: Kind<EndpointSlice> = defineKind({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  namespaced: true,
  struct: "k8s.io/api/discovery/v1.EndpointSlice",
});
