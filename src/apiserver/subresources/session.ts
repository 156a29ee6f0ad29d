/**
 * `/exec`, `/attach` and `/portforward`: checked here, then run on the node. The listener upgrades the connection in between.
 * Upstream: pkg/registry/core/pod/rest/subresources.go, pkg/registry/core/pod/strategy.go
 */
import type { ApiResponse, StreamSession } from "../../machinery/http.ts";
import { badRequest, unknownPath } from "../../machinery/status.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { Query } from "../request/query.ts";
import type { ResourceCall } from "../server/call.ts";
import { present } from "../verbs/get.ts";
import { chosenContainer } from "./containerChoice.ts";
import { nodesOf } from "./nodes.ts";

/** A session that may begin. */
export interface Admitted {
  /** `port`: of this one forwarded connection, where a client forwards several over what was admitted once. */
  run(peer: StreamSession, port?: number): Promise<void>;
}

/** Throws ApiError while the client can still be answered with HTTP. */
export async function admitSession(call: ResourceCall): Promise<Admitted> {
  const { info } = call;
  if (info.query.all("dryRun").length > 0) throw badRequest("dryRun is not supported");
  const pod = (await present(call)).object as Pod;
  const url = sessionUrl(pod, info.subresource, info.query);
  const node = pod.spec.nodeName ?? "";
  if (node === "") throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const nodes = nodesOf(call);
  return { run: (peer, port) => nodes.stream(node, port === undefined ? url : `${url.split("?")[0]}?port=${port}`, peer) };
}

function sessionUrl(pod: Pod, subresource: string, query: Query): string {
  const where = `${encodeURIComponent(pod.metadata.namespace ?? "")}/${encodeURIComponent(pod.metadata.name)}`;
  if (subresource === "portforward") {
    const ports = query.all("ports").flatMap((text) => text.split(","));
    return `/portForward/${where}${ports.length === 0 ? "" : `?${ports.map((port) => `port=${encodeURIComponent(port)}`).join("&")}`}`;
  }
  if (subresource !== "exec" && subresource !== "attach") throw unknownPath();
  const container = chosenContainer(pod, query.text("container") ?? "");
  if (subresource === "exec" && query.all("command").length === 0)
    throw badRequest("you must specify at least 1 command for the container");
  const commands = query.all("command").map((text) => `command=${encodeURIComponent(text)}`);
  const flags = (["stdin", "stdout", "stderr", "tty"] as const).filter((name) => query.flag(name) === true).map((name) => `${name}=true`);
  const pairs = subresource === "exec" ? [...commands, ...flags] : flags;
  return `/${subresource}/${where}/${encodeURIComponent(container)}?${pairs.join("&")}`;
}

/** A plain request where only an upgraded connection makes sense. */
export async function upgradeOnly(call: ResourceCall): Promise<ApiResponse> {
  await admitSession(call);
  throw badRequest("Upgrade request required");
}
