/**
 * What the scheduler asks about objects other than pods and nodes: which pods belong together (through Services and controllers), and the labels
 * of namespaces. Upstream: pkg/scheduler/framework/plugins/helper/spread.go
 */
import { replicaSet } from "../../api/apps/v1/replicaSet.ts";
import { statefulSet } from "../../api/apps/v1/statefulSet.ts";
import { namespace } from "../../api/core/v1/namespace.ts";
import { replicationController } from "../../api/core/v1/replicationController.ts";
import { service } from "../../api/core/v1/service.ts";
import type { InformerFactory, Lister } from "../../client/informer.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { selects } from "../../machinery/pods.ts";
import { nothing, type Selector, selectorFromLabels } from "../../machinery/selectors.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import type { Namespace, Pod, ReplicationController, Service } from "../../schema/shapes/core.v1.ts";
import type { ReplicaSet, StatefulSet } from "../../schema/shapes/apps.v1.ts";
import { lenientSelector } from "./affinityTerm.ts";

type Labels = Readonly<Record<string, string>>;

export interface Workloads {
  /** Selects the pod's siblings; empty where it has none. */
  readonly siblingsOf: (pod: Pod) => readonly Selector[];
  readonly namespaceLabels: (namespace: string) => Labels;
  /** Names of the namespaces whose labels match. */
  readonly namespacesMatching: (selector: Selector) => readonly string[];
}

export interface WorkloadListers {
  readonly services: Lister<Service>;
  readonly controllers: Lister<ReplicationController>;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly statefulSets: Lister<StatefulSet>;
  readonly namespaces: Lister<Namespace>;
}

export function workloadListers(informers: InformerFactory): WorkloadListers {
  return {
    services: informers.informer(service),
    controllers: informers.informer(replicationController),
    replicaSets: informers.informer(replicaSet),
    statefulSets: informers.informer(statefulSet),
    namespaces: informers.informer(namespace),
  };
}

export function workloadsFrom(listers: WorkloadListers): Workloads {
  const namespaceLabels = (name: string): Labels => listers.namespaces.get({ namespace: "", name })?.metadata.labels ?? {};
  return {
    namespaceLabels,
    namespacesMatching: (selector) => {
      if (selector === nothing) return [];
      const matching = listers.namespaces.list().filter((one) => selector.matches(one.metadata.labels));
      return matching.map((one) => one.metadata.name ?? "");
    },
    siblingsOf: (pod) => {
      const labels = { ...serviceLabels(listers, pod) };
      const owner = ownerSelector(listers, pod, labels);
      const selectors = Object.keys(labels).length > 0 ? [selectorFromLabels(labels)] : [];
      if (owner !== undefined && !owner.empty) selectors.push(owner);
      return selectors;
    },
  };
}

/** The selectors of all Services that select the pod, taken together. */
function serviceLabels(listers: WorkloadListers, pod: Pod): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const { spec } of listers.services.list(pod.metadata.namespace)) {
    const selector = spec?.selector ?? {};
    if (Object.keys(selector).length > 0 && selects(selector, pod.metadata.labels)) Object.assign(labels, selector);
  }
  return labels;
}

/** A replication controller's labels join those of the Services; newer controllers have selectors of their own. */
function ownerSelector(listers: WorkloadListers, pod: Pod, labels: Record<string, string>): Selector | undefined {
  const owner = controllerOf(pod);
  if (owner === undefined) return undefined;
  const key = { namespace: pod.metadata.namespace ?? "", name: owner.name };
  switch (owner.kind) {
    case "ReplicationController":
      Object.assign(labels, listers.controllers.get(key)?.spec?.selector);
      return undefined;
    case "ReplicaSet":
      return selectorIfAny(listers.replicaSets.get(key)?.spec?.selector);
    case "StatefulSet":
      return selectorIfAny(listers.statefulSets.get(key)?.spec?.selector);
    default:
      return undefined;
  }
}

function selectorIfAny(selector: LabelSelector | undefined): Selector | undefined {
  return selector === undefined ? undefined : lenientSelector(selector);
}
