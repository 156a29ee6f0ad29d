/** The scale sub-resource of workloads that say how many pods they want in `spec.replicas`. */
import type { Kind, KubeObject } from "../machinery/kind.ts";
import type { LabelSelector } from "../schema/shapes/meta.v1.ts";
import { selectorText } from "./workloadColumns.ts";

type Replicated = KubeObject & { spec: { replicas?: number | undefined }; status?: { replicas?: number | undefined } | undefined };

export function replicasScale<T extends Replicated>(selector: (object: T) => string): NonNullable<Kind<T>["scale"]> {
  return {
    read: (object) => ({
      replicas: object.spec.replicas ?? 0,
      statusReplicas: object.status?.replicas ?? 0,
      selector: selector(object),
    }),
    write(object, replicas) {
      object.spec.replicas = replicas;
    },
  };
}

/** As a scale sub-resource gives it: a text, empty where the selector is absent or malformed. */
export function scaleSelector(selector: LabelSelector | undefined): string {
  const text = selectorText(selector);
  return text.startsWith("<") ? "" : text;
}
