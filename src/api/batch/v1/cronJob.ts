/** CronJob. Upstream: pkg/registry/batch/cronjob/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { CronJob } from "../../../schema/shapes/batch.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const cronJob: Kind<CronJob> = defineKind({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  namespaced: true,
  shortNames: ["cj"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/batch/v1.CronJob",
});
