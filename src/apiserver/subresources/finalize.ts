/** `namespaces/NAME/finalize`: the namespace controller takes its finalizer away when nothing is left inside. Upstream: pkg/registry/core/namespace/storage */
import { validateFinalizeUpdate } from "../../api/core/v1/namespace.ts";
import { Path } from "../../machinery/field.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import type { Namespace } from "../../schema/shapes/core.v1.ts";
import type { UpdateRules } from "../registry/update.ts";
import type { ResourceCall } from "../server/call.ts";
import { updateWith } from "../verbs/update.ts";

const finalizeRules: UpdateRules = {
  subresource: "finalize",
  prepare(_kind, next, previous) {
    (next as Namespace).status = (previous as Namespace).status;
  },
  validate: (_kind, next, previous) => validateFinalizeUpdate(next as Namespace, previous as Namespace, Path.root("")),
  countsGeneration: false,
  warns: false,
  tracked: true,
};

export function finalize(call: ResourceCall): Promise<ApiResponse> {
  return updateWith(call, finalizeRules);
}
