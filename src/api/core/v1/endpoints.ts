/** Endpoints: the older list of addresses behind a Service. Upstream: pkg/registry/core/endpoint/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { EndpointSubset, Endpoints } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateEndpoints } from "./endpointsValidation.ts";

const shownAddresses = 3;

export const endpoints: Kind<Endpoints> = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  singular: "endpoints",
  namespaced: true,
  shortNames: ["ep"],
  struct: "k8s.io/api/core/v1.Endpoints",
  setDefaults(object) {
    for (const port of (object.subsets ?? []).flatMap((subset) => subset.ports ?? [])) port.protocol ||= "TCP";
  },
  validate: validateEndpoints,
  validateUpdate: (next, previous, at) => [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateEndpoints(next, at),
  ],
  columns: [column("Endpoints", "Addresses and ports", (object) => addressesText(object.subsets ?? [])), ageColumn()],
});

function addressesText(subsets: readonly EndpointSubset[]): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
  );
  if (subsets.length === 0) return "<none>";
  const shown = all.slice(0, shownAddresses).join(",");
  return all.length > shownAddresses ? `${shown} + ${all.length - shownAddresses} more...` : shown;
}

function hostPort(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
