/** What the server serves, as data: groups, versions, resources with their verbs and sub-resources. Routing and both forms of discovery read it. */
import type { Kind } from "../../machinery/kind.ts";
import { reviewKinds } from "../reviews/reviews.ts";
import type { VirtualKind } from "../reviews/reviews.ts";
import type { MetricsKind } from "../metrics/metricsKinds.ts";
import { subresourcesOf } from "../server/subresources.ts";
import type { Subresource } from "../server/subresources.ts";

export interface ServedResource {
  readonly plural: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
}

export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

const storedVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;
/** Kinds that cannot be deleted all at once, as upstream. */
const withoutDeleteCollection: ReadonlySet<string> = new Set(["/namespaces"]);

export function verbsOf(kind: Pick<Kind, "group" | "plural">): readonly string[] {
  return withoutDeleteCollection.has(`${kind.group}/${kind.plural}`)
    ? storedVerbs.filter((verb) => verb !== "deletecollection")
    : storedVerbs;
}

/** Upstream's order: newer workloads first is what clients use to resolve short names. */
const groupPriority: Readonly<Record<string, number>> = {
  "": 18_000,
  "apiregistration.k8s.io": 17_990,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "admissionregistration.k8s.io": 16_700,
  "apiextensions.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
};

/** All versions, preferred ones first within their group. */
export function servedVersions(kinds: readonly Kind[], metrics: readonly MetricsKind[] = []): readonly ServedVersion[] {
  const versions = new Map<string, { group: string; version: string; resources: ServedResource[] }>();
  const add = (group: string, version: string, resource: ServedResource): void => {
    const key = `${group}/${version}`;
    const known = versions.get(key);
    if (known === undefined) versions.set(key, { group, version, resources: [resource] });
    else known.resources.push(resource);
  };
  for (const kind of kinds) add(kind.group, kind.version, storedResource(kind));
  for (const kind of reviewKinds) add(kind.group, kind.version, reviewResource(kind));
  for (const kind of metrics) add(kind.group, kind.version, metricsResource(kind));
  add("", "v1", binding);
  const all = [...versions.values()];
  for (const { resources } of all) resources.sort((a, b) => (a.plural < b.plural ? -1 : 1));
  return all.sort((a, b) => priority(b.group) - priority(a.group) || versionRank(b.version) - versionRank(a.version));
}

function priority(group: string): number {
  return groupPriority[group] ?? 1_000;
}

function versionRank(version: string): number {
  return Number(/^v(\d+)$/.exec(version)?.[1] ?? 0);
}

function storedResource(kind: Kind): ServedResource {
  return {
    plural: kind.plural,
    kind: kind.kind,
    singular: kind.singular,
    namespaced: kind.namespaced,
    verbs: verbsOf(kind),
    shortNames: kind.shortNames,
    categories: kind.categories,
    subresources: subresourcesOf(kind),
  };
}

function reviewResource(kind: VirtualKind): ServedResource {
  const { plural, namespaced } = kind;
  const none = { shortNames: [], categories: [], subresources: [] };
  return { plural, kind: kind.kind, singular: kind.kind.toLowerCase(), namespaced, verbs: ["create"], ...none };
}

function metricsResource({ plural, kind, singular, namespaced }: MetricsKind): ServedResource {
  return { plural, kind, singular, namespaced, verbs: ["get", "list"], shortNames: [], categories: [], subresources: [] };
}

const binding: ServedResource = {
  plural: "bindings",
  kind: "Binding",
  singular: "binding",
  namespaced: true,
  verbs: ["create"],
  shortNames: [],
  categories: [],
  subresources: [],
};
