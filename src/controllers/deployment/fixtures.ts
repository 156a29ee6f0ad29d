/** Builders of Deployments and ReplicaSets for this folder's tests. */
import type { Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet, ReplicaSetStatus } from "../../schema/shapes/apps.v1.ts";
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";
import { observe, type Observed } from "./observe.ts";
import { templateHashLabel } from "./template.ts";

export interface DeploymentParts extends Partial<Omit<DeploymentSpec, "template">> {
  readonly image?: string;
  readonly surge?: number | string;
  readonly unavailable?: number | string;
  readonly annotations?: Record<string, string>;
  readonly generation?: number;
  readonly status?: DeploymentStatus;
}

const template = (image: string): PodTemplateSpec => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image }] },
});

/** Ten replicas of image v2, rolling by one more and one fewer. */
export function aDeployment(parts: DeploymentParts = {}): Deployment {
  const { image = "v2", surge = 1, unavailable = 1, annotations, generation, status, ...spec } = parts;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "uid-web", annotations, generation },
    spec: {
      replicas: 10,
      selector: { matchLabels: { app: "web" } },
      template: template(image),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      ...spec,
    },
    status,
  };
}

export interface SetParts {
  readonly replicas?: number;
  readonly available?: number;
  /** Default: what is wanted. */
  readonly pods?: number;
  readonly image?: string;
  readonly created?: number;
  readonly annotations?: Record<string, string>;
  readonly generation?: number;
  readonly status?: Partial<ReplicaSetStatus>;
}

/** A ReplicaSet of that Deployment; `created` is its age's place among others. */
export function aSet(name: string, parts: SetParts = {}): ReplicaSet {
  const { replicas = 0, available = 0, pods = replicas, image = "v1", created = 0, annotations, generation, status } = parts;
  const base = template(image);
  return {
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      creationTimestamp: `2026-01-01T00:00:${String(created).padStart(2, "0")}Z`,
      annotations,
      generation,
    },
    spec: { replicas, template: { ...base, metadata: { labels: { app: "web", [templateHashLabel]: name } } } },
    status: { replicas: pods, readyReplicas: available, availableReplicas: available, ...status },
  };
}

export function observed(deployment: Deployment, ...replicaSets: ReplicaSet[]): Observed {
  return observe(deployment, replicaSets, () => []);
}
