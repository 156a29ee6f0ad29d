/** Reads one object, consistently unless an older version is asked for to be enough. */
import type { ApiResponse } from "../../machinery/http.ts";
import { notFound } from "../../machinery/status.ts";
import { revisionOf } from "../request/listOptions.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyObject } from "../server/reply.ts";
import { objectKey } from "../storage/keys.ts";
import type { Stored } from "../storage/stored.ts";

export async function get(call: ResourceCall): Promise<ApiResponse> {
  return replyObject(call, 200, await present(call));
}

/** The object that the URL names, or 404. */
export async function present(call: ResourceCall): Promise<Stored> {
  const { info, resource, registry, kind } = call;
  const asked = info.query.text("resourceVersion") ?? "";
  if (asked === "") await registry.feed.fresh();
  else if (asked !== "0") await registry.feed.reached(revisionOf(asked));
  const stored = resource.cache.get(objectKey(resource.kind, info.namespace, info.name));
  if (stored === undefined) throw notFound(kind, info.name);
  return stored;
}
