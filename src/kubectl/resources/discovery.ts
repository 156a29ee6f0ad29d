/**
 * What the server serves: groups, versions, resources. One document where the server has it aggregated; else group by group.
 * Upstream: client-go/discovery/discovery_client.go, aggregated_discovery.go
 */
import type { Api } from "../api.ts";
import { KubectlError, textOf } from "../errors.ts";
import { isApiError } from "../../machinery/status.ts";
import type { APIGroupDiscoveryList, APIResourceDiscovery } from "../../schema/shapes/apidiscovery.v2.ts";

export interface ServedResource {
  readonly group: string;
  readonly version: string;
  /** `pods`, or for a sub-resource `pods/log`. */
  readonly name: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

export interface ServedGroup {
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly { readonly version: string; readonly resources: readonly ServedResource[] }[];
}

export interface Discovery {
  /** The core group, named "", first. */
  readonly groups: readonly ServedGroup[];
  /** Versions of groups that couldn't be read, with the reason. */
  readonly failed: readonly { readonly groupVersion: string; readonly error: Error }[];
}

const aggregated =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/** client-go's own limit; the server reads it too. */
const discoveryQuery = { timeout: "32s" };

export async function discover(api: Api): Promise<Discovery> {
  const failed: { groupVersion: string; error: Error }[] = [];
  const documents = await Promise.all(["/api", "/apis"].map((path) => root(api, path)));
  const groups: ServedGroup[] = [];
  for (const document of documents) {
    if (isAggregated(document)) groups.push(...fromAggregated(document, failed));
    else groups.push(...(await fromPlain(api, document, failed)));
  }
  return { groups, failed };
}

async function root(api: Api, path: string): Promise<unknown> {
  try {
    return await api.json({ path, accept: aggregated, query: discoveryQuery });
  } catch (error) {
    if (isApiError(error) && [403, 404].includes(error.code)) return { kind: "APIGroupList", groups: [] };
    throw error;
  }
}

function isAggregated(document: unknown): document is APIGroupDiscoveryList {
  return (document as { kind?: string }).kind === "APIGroupDiscoveryList";
}

function fromAggregated(document: APIGroupDiscoveryList, failed: { groupVersion: string; error: Error }[]): ServedGroup[] {
  return document.items.map((item) => {
    const group = item.metadata.name ?? "";
    const versions = [];
    for (const { version, resources = [], freshness } of item.versions ?? []) {
      if (freshness === "Stale") {
        const groupVersion = `${group}/${version}`;
        failed.push({ groupVersion, error: new KubectlError(`stale GroupVersion discovery: ${groupVersion}`) });
        continue;
      }
      versions.push({ version, resources: resources.flatMap((resource) => resourcesOf(resource, group, version)) });
    }
    return { name: group, versions };
  });
}

function resourcesOf(resource: APIResourceDiscovery, group: string, version: string): ServedResource[] {
  const main: ServedResource = {
    group,
    version,
    name: resource.resource,
    singular: resource.singularResource,
    namespaced: resource.scope === "Namespaced",
    kind: resource.responseKind?.kind ?? "",
    verbs: resource.verbs,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
  };
  const parts = (resource.subresources ?? []).map((sub) => ({
    ...main,
    name: `${resource.resource}/${sub.subresource}`,
    kind: sub.responseKind?.kind ?? "",
    verbs: sub.verbs,
    shortNames: [],
    categories: [],
  }));
  return main.kind === "" ? parts : [main, ...parts];
}

interface PlainResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly singularName?: string;
    readonly namespaced: boolean;
    readonly kind: string;
    readonly verbs: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

interface PlainRoot {
  readonly kind?: string;
  readonly versions?: readonly string[];
  readonly groups?: readonly {
    readonly name: string;
    readonly versions: readonly { readonly version: string }[];
    readonly preferredVersion?: { readonly version: string };
  }[];
}

async function fromPlain(api: Api, document: unknown, failed: { groupVersion: string; error: Error }[]): Promise<ServedGroup[]> {
  const { versions, groups = [] } = document as PlainRoot;
  if (versions !== undefined) {
    return [{ name: "", versions: await Promise.all(versions.map((version) => plainVersion(api, "", version, failed))) }];
  }
  return Promise.all(
    groups.map(async ({ name, versions: offered, preferredVersion }) => {
      const ordered = [...offered].sort(
        (a, b) => Number(b.version === preferredVersion?.version) - Number(a.version === preferredVersion?.version),
      );
      return { name, versions: await Promise.all(ordered.map(({ version }) => plainVersion(api, name, version, failed))) };
    }),
  );
}

async function plainVersion(
  api: Api,
  group: string,
  version: string,
  failed: { groupVersion: string; error: Error }[],
): Promise<ServedGroup["versions"][number]> {
  const groupVersion = group === "" ? version : `${group}/${version}`;
  try {
    const list = (await api.json({
      path: group === "" ? `/api/${version}` : `/apis/${groupVersion}`,
      query: discoveryQuery,
    })) as PlainResourceList;
    const resources = list.resources.map((one) => ({
      group,
      version,
      name: one.name,
      singular: one.singularName ?? "",
      namespaced: one.namespaced,
      kind: one.kind,
      verbs: one.verbs,
      shortNames: one.shortNames ?? [],
      categories: one.categories ?? [],
    }));
    return { version, resources };
  } catch (error) {
    failed.push({ groupVersion, error: error instanceof Error ? error : new KubectlError(textOf(error)) });
    return { version, resources: [] };
  }
}

/** All resources and sub-resources, in the order served. */
export function allResources(discovery: Discovery): ServedResource[] {
  return discovery.groups.flatMap((group) => group.versions.flatMap((version) => version.resources));
}
