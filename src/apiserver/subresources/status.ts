/** `/status`: reads the whole object, writes only its status. */
import type { ApiResponse } from "../../machinery/http.ts";
import { statusRules } from "../registry/update.ts";
import type { ResourceCall } from "../server/call.ts";
import { get } from "../verbs/get.ts";
import { patchWith } from "../verbs/patch.ts";
import { updateWith } from "../verbs/update.ts";

export const getStatus: (call: ResourceCall) => Promise<ApiResponse> = get;

export function updateStatus(call: ResourceCall): Promise<ApiResponse> {
  return updateWith(call, statusRules);
}

export function patchStatus(call: ResourceCall): Promise<ApiResponse> {
  return patchWith(call, statusRules);
}
