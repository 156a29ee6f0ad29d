/** Discovery in one document: `g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery/aggregated */
import type { APIGroupDiscovery, APIGroupDiscoveryList, APIResourceDiscovery } from "../../schema/shapes/apidiscovery.v2.ts";
import type { ServedResource, ServedVersion } from "./served.ts";

export function aggregatedDiscovery(versions: readonly ServedVersion[]): APIGroupDiscoveryList {
  const groups = new Map<string, APIGroupDiscovery>();
  for (const version of versions) {
    const entry = { version: version.version, resources: version.resources.map((r) => resourceOf(r, version)), freshness: "Current" };
    const known = groups.get(version.group);
    if (known !== undefined) known.versions?.push(entry);
    else {
      const metadata = version.group === "" ? {} : { name: version.group };
      groups.set(version.group, { metadata: metadata as APIGroupDiscovery["metadata"], versions: [entry] });
    }
  }
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items: [...groups.values()] };
}

function resourceOf(resource: ServedResource, { group, version }: ServedVersion): APIResourceDiscovery {
  const own = { group, version, kind: resource.kind };
  return {
    resource: resource.plural,
    responseKind: own,
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: [...resource.verbs],
    ...(resource.shortNames.length === 0 ? {} : { shortNames: [...resource.shortNames] }),
    ...(resource.categories.length === 0 ? {} : { categories: [...resource.categories] }),
    ...(resource.subresources.length === 0
      ? {}
      : {
          subresources: resource.subresources.map(({ name, speaks, handlers }) => ({
            subresource: name,
            responseKind: speaks ?? own,
            verbs: Object.keys(handlers).sort(),
          })),
        }),
  };
}
