/** Discovery as it was before aggregation: /api, /apis, and one document a group and version. */
import type { APIGroup, APIGroupList, APIResource, APIResourceList, APIVersions } from "../../schema/shapes/meta.v1.ts";
import type { ServedResource, ServedVersion } from "./served.ts";

const nameOf = ({ group, version }: ServedVersion): string => (group === "" ? version : `${group}/${version}`);

export function apiVersions(versions: readonly ServedVersion[], serverAddress: string): APIVersions {
  const core = versions.filter(({ group }) => group === "").map(({ version }) => version);
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  return { kind: "APIVersions", versions: core, serverAddressByClientCIDRs };
}

export function apiGroups(versions: readonly ServedVersion[]): APIGroupList {
  const names = [...new Set(versions.map(({ group }) => group))].filter((name) => name !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: names.map((name) => groupNamed(versions, name)) };
}

export function apiGroup(versions: readonly ServedVersion[], name: string): APIGroup {
  return { kind: "APIGroup", apiVersion: "v1", ...groupNamed(versions, name) };
}

function groupNamed(versions: readonly ServedVersion[], name: string): APIGroup {
  const own = versions.filter(({ group }) => group === name).map((v) => ({ groupVersion: nameOf(v), version: v.version }));
  const [preferred] = own;
  return { name, versions: own, ...(preferred === undefined ? {} : { preferredVersion: preferred }) };
}

export function resourceList(served: ServedVersion): APIResourceList {
  const resources = served.resources.flatMap((resource) => [mainResource(resource), ...subresources(resource)]);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: nameOf(served), resources };
}

function mainResource(resource: ServedResource): APIResource {
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...resource.verbs],
    ...(resource.shortNames.length === 0 ? {} : { shortNames: [...resource.shortNames] }),
    ...(resource.categories.length === 0 ? {} : { categories: [...resource.categories] }),
  };
}

function subresources(resource: ServedResource): APIResource[] {
  return resource.subresources.map(({ name, speaks, handlers }) => ({
    name: `${resource.plural}/${name}`,
    singularName: "",
    namespaced: resource.namespaced,
    ...(speaks === undefined ? {} : { group: speaks.group, version: speaks.version }),
    kind: speaks?.kind ?? resource.kind,
    verbs: Object.keys(handlers).sort(),
  }));
}
