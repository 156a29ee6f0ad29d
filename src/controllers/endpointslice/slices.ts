/**
 * What to write so that a family of slices holds these endpoints, grouped by ports. A slice that would be deleted while another is created is rewritten
 * instead, so a change of sides is one write. Upstream: staging/src/k8s.io/endpointslice/reconciler.go
 */
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { portsIdentity } from "./endpoint.ts";
import { fit } from "./fit.ts";

export type Family = "IPv4" | "IPv6";

export type Action =
  /** To be created, a slice has `generateName` and no name yet. */
  { readonly type: "create" | "update" | "delete"; readonly slice: EndpointSlice };

/** What all slices of one Service have in common. */
export interface Stamp {
  readonly namePrefix: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner: OwnerReference;
}

/** Endpoints that serve the same ports. */
export interface Group {
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

export interface SliceFamily {
  readonly family: Family;
  /** By `portsIdentity`. */
  readonly groups: ReadonlyMap<string, Group>;
  /** The slices of this family that are there. */
  readonly existing: readonly EndpointSlice[];
  readonly maxEndpoints: number;
  /** Whether one empty slice stands for having no endpoints. */
  readonly placeholder: boolean;
}

export function planSlices(stamp: Stamp, { family, groups, existing, maxEndpoints, placeholder }: SliceFamily): Action[] {
  const updates: EndpointSlice[] = [];
  const drafts: EndpointSlice[] = [];
  const deletes: EndpointSlice[] = existing.filter((slice) => !groups.has(portsIdentity(slice.ports ?? [])));
  let kept = 0;
  for (const [identity, group] of groups) {
    const sharing = existing.filter((slice) => portsIdentity(slice.ports ?? []) === identity);
    const result = fit(group.endpoints, sharing, maxEndpoints);
    deletes.push(...result.emptied);
    for (const [slice, endpoints] of result.changed) updates.push(stamped(stamp, { ...slice, endpoints }));
    for (const endpoints of result.fresh) drafts.push(draft(stamp, family, group.ports, endpoints));
    for (const slice of result.kept) if (!bears(stamp, slice)) updates.push(stamped(stamp, slice));
    kept += result.kept.length;
  }
  if (placeholder && kept + updates.length + drafts.length === 0) drafts.push(draft(stamp, family, [], []));
  return settle(stamp, { updates, drafts, deletes });
}

export function addTo(groups: Map<string, Group>, ports: EndpointPort[], endpoint: Endpoint): void {
  const identity = portsIdentity(ports);
  const group = groups.get(identity);
  if (group === undefined) groups.set(identity, { ports, endpoints: [endpoint] });
  else group.endpoints.push(endpoint);
}

interface Writes {
  readonly updates: readonly EndpointSlice[];
  readonly drafts: readonly EndpointSlice[];
  readonly deletes: readonly EndpointSlice[];
}

/** Turns deletions into rewrites as long as there is something new to hold. */
function settle(stamp: Stamp, { updates, drafts, deletes }: Writes): Action[] {
  const actions: Action[] = updates.map((slice) => ({ type: "update", slice }));
  for (const [i, fresh] of drafts.entries()) {
    const former = deletes[i];
    if (former === undefined) actions.push({ type: "create", slice: fresh });
    // Nothing to hold before and nothing now: not worth a write.
    else if (!(isEmpty(former) && isEmpty(fresh) && bears(stamp, former))) {
      actions.push({ type: "update", slice: stamped(stamp, { ...former, ports: fresh.ports, endpoints: fresh.endpoints }) });
    }
  }
  for (const slice of deletes.slice(drafts.length)) actions.push({ type: "delete", slice });
  return actions;
}

function isEmpty(slice: EndpointSlice): boolean {
  return (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0;
}

function draft(stamp: Stamp, family: Family, ports: EndpointPort[], endpoints: Endpoint[]): EndpointSlice {
  const metadata = { name: "", generateName: stamp.namePrefix, namespace: stamp.namespace };
  return stamped(stamp, { metadata, addressType: family, endpoints, ports });
}

function stamped({ labels, owner }: Stamp, slice: EndpointSlice): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels: { ...labels }, ownerReferences: [owner] } };
}

function bears({ labels, owner }: Stamp, { metadata }: EndpointSlice): boolean {
  const actual = metadata.labels ?? {};
  const keys = Object.keys(labels);
  if (keys.length !== Object.keys(actual).length || keys.some((key) => actual[key] !== labels[key])) return false;
  return metadata.ownerReferences?.some((reference) => reference.uid === owner.uid) === true;
}
