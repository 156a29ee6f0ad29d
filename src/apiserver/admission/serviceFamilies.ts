/** The address families of a Service on a cluster that speaks IPv4. Upstream: pkg/registry/core/service/storage/alloc.go (initIPFamilyFields) */
import type { ServiceSpec } from "../../schema/shapes/core.v1.ts";

/** Fills in what the user left open; clusterIP and the first of clusterIPs agree afterwards. */
export function setFamilies(spec: ServiceSpec): void {
  if (spec.type === "ExternalName") return;
  agree(spec);
  // Whoever fills in the endpoints of a headless Service by hand may have addresses of both families.
  const open = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= open ? "RequireDualStack" : "SingleStack";
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = open ? ["IPv4", "IPv6"] : ["IPv4"];
}

function agree(spec: ServiceSpec): void {
  const [first = ""] = spec.clusterIPs ?? [];
  const single = spec.clusterIP ?? "";
  if (single !== "" && first === "") spec.clusterIPs = [single];
  if (single === "" && first !== "") spec.clusterIP = first;
}
