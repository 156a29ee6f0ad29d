/** `pods/NAME/ephemeralcontainers`: adds debugging containers to a running pod; nothing else of it changes. Upstream: pkg/registry/core/pod/strategy.go */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { forbidden } from "../../machinery/fieldErrors.ts";
import { semanticEqual } from "../../api/equal.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { UpdateRules } from "../registry/update.ts";
import type { ResourceCall } from "../server/call.ts";
import { patchWith } from "../verbs/patch.ts";
import { updateWith } from "../verbs/update.ts";

const rules: UpdateRules = {
  subresource: "ephemeralcontainers",
  prepare(_kind, next, previous) {
    const pod = next as Pod;
    const before = previous as Pod;
    pod.spec = { ...before.spec, ephemeralContainers: pod.spec.ephemeralContainers };
    pod.status = before.status;
    keepMetadata(next, previous);
  },
  validate(_kind, next, previous) {
    const kept = (previous as Pod).spec.ephemeralContainers ?? [];
    const now = (next as Pod).spec.ephemeralContainers ?? [];
    const changed = kept.some(
      (container) =>
        !semanticEqual(
          now.find((other) => other.name === container.name),
          container,
        ),
    );
    const text = "existing ephemeral containers may not be removed or changed";
    return changed ? [forbidden("spec.ephemeralContainers", text)] : [];
  },
  countsGeneration: true,
  warns: false,
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
