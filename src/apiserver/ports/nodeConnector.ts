/**
 * How the API server reaches a node's kubelet for log, exec, attach, port-forward and metrics. Paths are the kubelet's own:
 * `/containerLogs/NS/POD/CONTAINER?follow=true&tailLines=10`, `/exec/NS/POD/CONTAINER?command=ls&stdout=true`, `/attach/...`,
 * `/portForward/NS/POD?port=80`, `/stats/summary`. `src/kubelet/server.ts` answers them.
 */
import type { ApiRequest, ApiResponse, StreamSession } from "../../machinery/http.ts";

/** Both throw ApiError when the node can't be reached. */
export interface NodeConnector {
  request(nodeName: string, request: ApiRequest): Promise<ApiResponse>;
  /** Runs the session on `peer` until it ends; throws ApiError before the first frame when it can't start. */
  stream(nodeName: string, url: string, peer: StreamSession): Promise<void>;
}
