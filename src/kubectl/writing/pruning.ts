/**
 * Which objects `--prune` looks at: kinds by a list, those that were applied once and weren't this time; or the members of an ApplySet.
 * Upstream: kubectl/pkg/util/prune/prune.go, kubectl/pkg/cmd/apply/applyset_pruner.go
 */
import { KubectlError, textOf } from "../errors.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping, RestMapper } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import type { ApplySet } from "./applySet.ts";
import { originalConfiguration } from "./lastApplied.ts";

const usual = [
  "core/v1/ConfigMap",
  "core/v1/Endpoints",
  "core/v1/PersistentVolumeClaim",
  "core/v1/Pod",
  "core/v1/ReplicationController",
  "core/v1/Secret",
  "core/v1/Service",
  "batch/v1/Job",
  "batch/v1/CronJob",
  "networking.k8s.io/v1/Ingress",
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/ReplicaSet",
  "apps/v1/StatefulSet",
  "core/v1/Namespace",
  "core/v1/PersistentVolume",
];

/** The mappings of an allowlist, or of the usual kinds; namespaced ones first. */
export function prunedKinds(mapper: RestMapper, allowlist: readonly string[]): Mapping[] {
  const mappings: Mapping[] = [];
  for (const entry of allowlist.length > 0 ? allowlist : usual) {
    const [group = "", version, kind, ...more] = entry.split("/");
    if (version === undefined || kind === undefined || more.length > 0) {
      throw new KubectlError(`invalid GroupVersionKind format: ${entry}, please follow <group/version/kind>`);
    }
    try {
      mappings.push(mapper.forKind(group === "core" ? "" : group, kind, version));
    } catch (error) {
      if (allowlist.length > 0) throw error;
      throw new KubectlError(`error retrieving RESTMappings to prune: invalid resource ${entry}: ${textOf(error)}`);
    }
  }
  return [...mappings.filter(({ namespaced }) => namespaced), ...mappings.filter(({ namespaced }) => !namespaced)];
}

export interface PruneScope {
  readonly kinds: readonly Mapping[];
  readonly labelSelector: string;
  readonly visitedUids: ReadonlySet<string>;
  readonly visitedNamespaces: ReadonlySet<string>;
}

export interface Prunable {
  readonly mapping: Mapping;
  readonly object: Unstructured;
}

/** Members of the set that weren't visited now. All are found before the first is given. */
export async function prunableMembers(requests: Requests, set: ApplySet, visitedUids: ReadonlySet<string>): Promise<Prunable[]> {
  const { kinds, namespaces } = set.current;
  const found: Prunable[] = [];
  for (const mapping of kinds.values()) {
    const apiVersion = mapping.group === "" ? mapping.version : `${mapping.group}/${mapping.version}`;
    for (const namespace of mapping.namespaced ? namespaces : [""]) {
      try {
        const { items } = await requests.dynamicList(mapping, namespace, { labelSelector: set.memberSelector });
        const left = items.filter(({ metadata }) => !visitedUids.has(metadata?.uid ?? ""));
        found.push(...left.map((item) => ({ mapping, object: { apiVersion, kind: mapping.kind, ...item } })));
      } catch (error) {
        throw new KubectlError(`listing ${mapping.group}/${mapping.version}, Kind=${mapping.kind} objects for pruning: ${textOf(error)}`);
      }
    }
  }
  return found;
}

/** Objects that were applied once and weren't visited now. */
export async function* prunable(session: Session, scope: PruneScope): AsyncGenerator<Prunable> {
  const requests = new Requests(await session.api());
  const places = scope.kinds.flatMap((mapping) =>
    (mapping.namespaced ? [...scope.visitedNamespaces] : [""]).map((namespace) => ({ mapping, namespace })),
  );
  for (const { mapping, namespace } of places) {
    const list = await requests.list(mapping, namespace, { labelSelector: scope.labelSelector });
    const apiVersion = mapping.group === "" ? mapping.version : `${mapping.group}/${mapping.version}`;
    for (const item of list.items) {
      const object = { apiVersion, kind: mapping.kind, ...item };
      if (originalConfiguration(object) === undefined || scope.visitedUids.has(object.metadata?.uid ?? "")) continue;
      yield { mapping, object };
    }
  }
}
