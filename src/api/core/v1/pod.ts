/**
 * Pod: containers that run together on one node. Validation, columns and the shared pod spec are in files of their own beside this.
 * Upstream: pkg/registry/core/pod/strategy.go
 */
import type { Kind } from "../../../machinery/kind.ts";
import { isPodTerminal } from "../../../machinery/pods.ts";
import type { Pod, PodCondition } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { mergeLabelKeys } from "./labelKeyMerge.ts";
import { podColumns } from "./podColumns.ts";
import { qosClassOf } from "./podQos.ts";
import { setPodOnlyDefaults, setPodSpecDefaults } from "./podSpecDefaults.ts";
import { podWarnings, specPath } from "./podWarnings.ts";
import { validatePodUpdate } from "./podUpdateValidation.ts";
import { validatePod, validatePodStatusUpdate } from "./podValidation.ts";

export const pod: Kind<Pod> = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  shortNames: ["po"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Pod",
  setDefaults(object) {
    setPodOnlyDefaults(object.spec);
    setPodSpecDefaults(object.spec);
  },
  prepareForCreate(object) {
    const gated = (object.spec.schedulingGates ?? []).length > 0;
    object.status = { phase: "Pending", qosClass: qosClassOf(object), ...(gated ? { conditions: [gatedCondition] } : {}) };
    mergeLabelKeys(object);
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  warnings: ({ spec }) => podWarnings(spec, specPath),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  gracePeriodSeconds,
  columns: podColumns,
});

const gatedCondition: PodCondition = {
  type: "PodScheduled",
  status: "False",
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
};

/** What nobody runs, or has ended, is deleted at once. */
function gracePeriodSeconds(object: Pod, asked: number | undefined): number {
  if (!object.spec.nodeName || isPodTerminal(object)) return 0;
  const period = asked ?? object.spec.terminationGracePeriodSeconds ?? 0;
  return period < 0 ? 1 : period;
}
