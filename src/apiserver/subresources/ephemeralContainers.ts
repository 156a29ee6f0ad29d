/** `pods/NAME/ephemeralcontainers`: adds debugging containers to a running pod; nothing else of it changes. Upstream: pkg/registry/core/pod/strategy.go */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { validateEphemeralContainersUpdate } from "../../api/core/v1/podUpdateValidation.ts";
import { Path } from "../../machinery/field.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { UpdateRules } from "../registry/update.ts";
import type { ResourceCall } from "../server/call.ts";
import { patchWith } from "../verbs/patch.ts";
import { updateWith } from "../verbs/update.ts";

const root = Path.root("");

const rules: UpdateRules = {
  subresource: "ephemeralcontainers",
  prepare(_kind, next, previous) {
    const pod = next as Pod;
    const before = previous as Pod;
    pod.spec = { ...before.spec, ephemeralContainers: pod.spec.ephemeralContainers };
    pod.status = before.status;
    keepMetadata(next, previous);
  },
  validate: (_kind, next, previous) => validateEphemeralContainersUpdate(next as Pod, previous as Pod, root),
  countsGeneration: true,
  warns: false,
  tracked: true,
};

function keepMetadata(next: KubeObject, previous: KubeObject): void {
  next.metadata = { ...previous.metadata, resourceVersion: next.metadata.resourceVersion };
}

export function updateEphemeralContainers(call: ResourceCall): Promise<ApiResponse> {
  return updateWith(call, rules);
}

export function patchEphemeralContainers(call: ResourceCall): Promise<ApiResponse> {
  return patchWith(call, rules);
}
