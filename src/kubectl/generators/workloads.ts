/** Deployments, Jobs and CronJobs with one sort of container. Upstream: kubectl/pkg/cmd/create/create_{deployment,job,cronjob}.go */
import { nameSuffix, type Rng } from "../../base/rng.ts";
import type { CronJob } from "../../schema/shapes/batch.v1.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export interface DeploymentWish {
  readonly name: string;
  readonly images: readonly string[];
  readonly command: readonly string[];
  readonly replicas: number;
  /** Negative: none. */
  readonly port: number;
}

export function deploymentOf(wish: DeploymentWish, rng: Rng): Unstructured {
  const labels = { app: wish.name };
  const containers = wish.images.map((image, index) => ({
    name: containerName(image, rng),
    image,
    ...(wish.command.length > 0 ? { command: wish.command } : {}),
    ...(index === 0 && wish.port >= 0 ? { ports: [{ containerPort: wish.port }] } : {}),
  }));
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: wish.name, labels },
    spec: { replicas: wish.replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

/** The last part of an image's name; one that isn't fit for a container gets a random end. */
function containerName(image: string, rng: Rng): string {
  const last = image.split("/").at(-1) ?? "";
  const name = (last.split(":")[0] ?? "").split("@")[0] ?? "";
  return /[_.]/.test(name) ? `${name.replaceAll(/[_.]/g, "-")}-${nameSuffix(rng)}` : name;
}

interface JobWish {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
}

function podTemplate({ name, image, command }: JobWish, restartPolicy: string): object {
  return { spec: { containers: [{ name, image, ...(command.length > 0 ? { command } : {}) }], restartPolicy } };
}

export function jobOf(wish: JobWish): Unstructured {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: wish.name },
    spec: { template: podTemplate(wish, "Never") },
  };
}

export function cronJobOf(wish: JobWish & { readonly schedule: string; readonly restart: string }): Unstructured {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: wish.name },
    spec: {
      schedule: wish.schedule,
      jobTemplate: { metadata: { name: wish.name }, spec: { template: podTemplate(wish, wish.restart) } },
    },
  };
}

/** A run of a CronJob out of its turn. */
export function jobFromCronJob(name: string, cronJob: CronJob): Unstructured {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { "cronjob.kubernetes.io/instantiate": "manual", ...metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "CronJob",
          name: cronJob.metadata?.name ?? "",
          uid: cronJob.metadata?.uid ?? "",
          controller: true,
        },
      ],
    },
    spec,
  };
}
