/**
 * `nodes/NAME/proxy/PATH`: what a node's kubelet answers under PATH, as it answers it.
 * Left out: other ports of a node than its kubelet's, and upgraded connections (exec through the proxy).
 * Upstream: pkg/registry/core/node/rest/proxy.go, pkg/registry/core/node/strategy.go (ResourceLocation)
 */
import { type ApiResponse, connectionHeaders } from "../../../machinery/http.ts";
import { badRequest } from "../../../machinery/status.ts";
import type { ResourceCall } from "../../server/call.ts";
import { present } from "../../verbs/get.ts";
import { nodesOf } from "../nodes.ts";
import { passedOn } from "./headers.ts";
import { proxiedName } from "./name.ts";

const kubeletPort = "10250";

export async function nodeProxy(call: ResourceCall): Promise<ApiResponse> {
  const { info, request } = call;
  const { name, port } = proxiedName("node", info.name);
  if (port !== "" && port !== kubeletPort) throw badRequest(`address not allowed: only the kubelet's port ${kubeletPort} is reached here`);
  await present({ ...call, info: { ...info, name } });
  const question = request.url.indexOf("?");
  const path = info.rest.split("/").map(encodeURIComponent).join("/");
  const url = `/${path}${question < 0 ? "" : request.url.slice(question)}`;
  const answer = await nodesOf(call).request(name, { ...request, url, headers: passedOn(request) });
  const headers = Object.entries(answer.headers).filter(([name]) => !connectionHeaders.has(name));
  return { ...answer, headers: Object.fromEntries(headers) };
}
