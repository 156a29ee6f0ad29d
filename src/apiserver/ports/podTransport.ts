/** How the API server speaks HTTP with what listens in a pod, for `pods/NAME/proxy` and `services/NAME/proxy`. */
import type { ApiRequest, ApiResponse } from "../../machinery/http.ts";

export interface PodPort {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly ip: string;
  readonly port: number;
  /** Certificates aren't checked. */
  readonly scheme: "http" | "https";
}

/** Asks the pod's kubelet for a connection to the port. */
export function forwardUrl({ namespace, pod, port }: PodPort): string {
  return `/portForward/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}?port=${port}`;
}

export interface PodTransport {
  /**
   * `request` as the pod is to see it. `prefix` is the path below which the client sees the pod's root: links to the pod's own paths
   * in redirects and in HTML get it. Throws Error when the pod can't be reached.
   */
  request(target: PodPort, request: ApiRequest, prefix: string): Promise<ApiResponse>;
}
