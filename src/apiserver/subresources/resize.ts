/** `pods/NAME/resize`: changes the resources of a running pod and its containers; nothing else of it changes. Upstream: pkg/registry/core/pod/strategy.go */
import { validatePodResize } from "../../api/core/v1/podResizeValidation.ts";
import { Path } from "../../machinery/field.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";
import type { UpdateRules } from "../registry/update.ts";
import type { ResourceCall } from "../server/call.ts";
import { patchWith } from "../verbs/patch.ts";
import { updateWith } from "../verbs/update.ts";

const rules: UpdateRules = {
  subresource: "resize",
  prepare(_kind, next, previous) {
    const pod = next as Pod;
    const before = previous as Pod;
    pod.spec = {
      ...before.spec,
      containers: resized(before.spec.containers, pod.spec.containers) ?? [],
      initContainers: resized(before.spec.initContainers, pod.spec.initContainers),
      resources: pod.spec.resources,
    };
    pod.status = before.status;
    pod.metadata = { ...before.metadata, resourceVersion: pod.metadata.resourceVersion };
  },
  validate: (_kind, next, previous) => validatePodResize(next as Pod, previous as Pod, Path.root("")),
  countsGeneration: true,
  warns: false,
  tracked: true,
};

function resized(of: readonly Container[] | undefined, asked: readonly Container[] | undefined): Container[] | undefined {
  return of?.map((container) => {
    const wanted = asked?.find((other) => other.name === container.name);
    return wanted === undefined ? container : { ...container, resources: wanted.resources, resizePolicy: wanted.resizePolicy };
  });
}

export function updateResize(call: ResourceCall): Promise<ApiResponse> {
  return updateWith(call, rules);
}

export function patchResize(call: ResourceCall): Promise<ApiResponse> {
  return patchWith(call, rules);
}
