/** Job. Upstream: pkg/registry/batch/job/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Job } from "../../../schema/shapes/batch.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const job: Kind<Job> = defineKind({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/batch/v1.Job",
});
