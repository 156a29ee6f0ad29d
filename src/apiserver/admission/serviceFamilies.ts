/** The address families of a Service on a cluster that speaks IPv4. Upstream: pkg/registry/core/service/storage/alloc.go (initIPFamilyFields) */
import type { ServiceSpec } from "../../schema/shapes/core.v1.ts";

/** Fills in what the user left open; clusterIP and the first of clusterIPs agree afterwards. */
export function setFamilies(spec: ServiceSpec): void {
  if (spec.type === "ExternalName") return;
  if ((spec.clusterIP ?? "") !== "" && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP ?? ""];
  if ((spec.clusterIP ?? "") === "" && (spec.clusterIPs ?? []).length > 0) spec.clusterIP = spec.clusterIPs?.[0];
  const headless = spec.clusterIP === "None";
  // Whoever fills in the endpoints by hand may have addresses of both families.
  const open = headless && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= open ? "RequireDualStack" : "SingleStack";
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = open ? ["IPv4", "IPv6"] : ["IPv4"];
}
