/** Which objects `--prune` looks at: kinds by a list, those that were applied once and weren't this time. Upstream: kubectl/pkg/util/prune/prune.go */
import { KubectlError, textOf } from "../errors.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping, RestMapper } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
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

/** Objects that were applied once and weren't visited now. */
export async function* prunable(
  session: Session,
  scope: PruneScope,
): AsyncGenerator<{ readonly mapping: Mapping; readonly object: Unstructured }> {
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
