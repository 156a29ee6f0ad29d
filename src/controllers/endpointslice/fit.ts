/**
 * Puts the endpoints that are wanted into slices of at most `max`, touching as few slices as possible: first those that change anyway, then
 * one with enough room, then new ones. Upstream: staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping)
 */
import type { Endpoint, EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { endpointIdentity, sameEndpoint } from "./endpoint.ts";

export interface Fit {
  /** Slices whose content stays as it is. */
  readonly kept: readonly EndpointSlice[];
  readonly changed: ReadonlyMap<EndpointSlice, Endpoint[]>;
  readonly emptied: readonly EndpointSlice[];
  /** The content of new slices. */
  readonly fresh: readonly Endpoint[][];
}

export function fit(wanted: readonly Endpoint[], slices: readonly EndpointSlice[], max: number): Fit {
  const missing = new Map(wanted.map((endpoint) => [endpointIdentity(endpoint), endpoint]));
  const kept: EndpointSlice[] = [];
  const changed = new Map<EndpointSlice, Endpoint[]>();
  const emptied: EndpointSlice[] = [];
  for (const slice of slices) {
    const { endpoints, differs } = stillWanted(slice, missing);
    if (endpoints.length === 0) emptied.push(slice);
    else if (differs || endpoints.length > max) changed.set(slice, endpoints);
    else kept.push(slice);
  }
  const rest = [...missing.values()];
  for (const endpoints of [...changed.values()].sort((a, b) => b.length - a.length)) {
    if (endpoints.length > max) rest.push(...endpoints.splice(max));
    else endpoints.push(...rest.splice(0, max - endpoints.length));
  }
  const fresh: Endpoint[][] = [];
  while (rest.length > 0) {
    const room = emptied.length > 0 ? undefined : fullestWithRoom(kept, rest.length, max);
    if (room === undefined) {
      fresh.push(rest.splice(0, max));
      continue;
    }
    kept.splice(kept.indexOf(room), 1);
    changed.set(room, [...room.endpoints, ...rest.splice(0)]);
  }
  return { kept, changed, emptied, fresh };
}

/** The slice's endpoints that stay, in their newest state; takes them out of `missing`. */
function stillWanted(slice: EndpointSlice, missing: Map<string, Endpoint>): { endpoints: Endpoint[]; differs: boolean } {
  const endpoints: Endpoint[] = [];
  let differs = false;
  for (const endpoint of slice.endpoints ?? []) {
    const identity = endpointIdentity(endpoint);
    const now = missing.get(identity);
    if (now === undefined || !sameEndpoint(now, endpoint)) differs = true;
    if (now === undefined) continue;
    endpoints.push(now);
    missing.delete(identity);
  }
  return { endpoints, differs };
}

function fullestWithRoom(slices: readonly EndpointSlice[], count: number, max: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  for (const slice of slices) {
    const fits = slice.endpoints.length + count <= max;
    if (fits && (best === undefined || slice.endpoints.length > best.endpoints.length)) best = slice;
  }
  return best;
}
