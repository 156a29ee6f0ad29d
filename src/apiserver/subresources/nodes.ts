/** The way to the kubelets, where the server was given one. */
import { serviceUnavailable } from "../../machinery/status.ts";
import type { NodeConnector } from "../ports/nodeConnector.ts";
import type { ResourceCall } from "../server/call.ts";

export function nodesOf(call: ResourceCall): NodeConnector {
  const { nodes } = call.registry;
  if (nodes === undefined) throw serviceUnavailable("this API server has no connection to its nodes");
  return nodes;
}
