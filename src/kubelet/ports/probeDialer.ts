/** How probes and lifecycle hooks reach a pod. The embedded adapter dials inside the pod network; the simulated one is scripted. */
export interface ProbeDialer {
  /** Resolves with the status and at most 10 KiB of the body; rejects with the reason that the Unhealthy event shows. */
  http(request: {
    readonly scheme: "HTTP" | "HTTPS";
    readonly host: string;
    readonly port: number;
    readonly path: string;
    readonly headers: readonly { readonly name: string; readonly value: string }[];
    readonly timeoutMs: number;
  }): Promise<{ readonly status: number; readonly body: string }>;
  tcp(host: string, port: number, timeoutMs: number): Promise<void>;
  /** grpc.health.v1.Health/Check; resolves with the serving status. */
  grpc(host: string, port: number, service: string, timeoutMs: number): Promise<"SERVING" | "NOT_SERVING" | "UNKNOWN" | "SERVICE_UNKNOWN">;
}
