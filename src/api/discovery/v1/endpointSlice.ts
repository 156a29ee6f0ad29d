/** EndpointSlice: a part of the addresses behind a Service. Upstream: pkg/registry/discovery/endpointslice/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { EndpointSlice } from "../../../schema/shapes/discovery.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { validateEndpointSlice, validateEndpointSliceUpdate } from "./endpointSliceValidation.ts";

const shownItems = 3;

export const endpointSlice: Kind<EndpointSlice> = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  namespaced: true,
  struct: "k8s.io/api/discovery/v1.EndpointSlice",
  setDefaults(object) {
    for (const port of object.ports) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  specChanged: (next, previous) =>
    !semanticEqual([next.endpoints, next.ports, next.addressType], [previous.endpoints, previous.ports, previous.addressType]) ||
    !semanticEqual(next.metadata.labels, previous.metadata.labels) ||
    !semanticEqual(next.metadata.annotations, previous.metadata.annotations),
  columns: [
    column("AddressType", "The family of its addresses", (object) => object.addressType),
    column("Ports", "Ports that all its addresses have", (object) =>
      some(object.ports.map(({ port, name }) => String(port ?? (name || "*")))),
    ),
    column("Endpoints", "Addresses", (object) => some(object.endpoints.flatMap(({ addresses }) => addresses))),
    ageColumn(),
  ],
});

function some(all: readonly string[]): string {
  const shown = all.slice(0, shownItems).join(",");
  return all.length > shownItems ? `${shown} + ${all.length - shownItems} more...` : shown || "<unset>";
}
