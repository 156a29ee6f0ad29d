/** postStart and preStop handlers. Upstream: pkg/kubelet/lifecycle/handlers.go */
import type { Container, LifecycleHandler } from "../../schema/shapes/core.v1.ts";
import { portOf, type ProbeTools } from "../probes/runProbe.ts";
import type { Timers } from "../timers.ts";

export interface HookScene {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly tools: ProbeTools;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  /** What is left of the grace; bounds an HTTP request. */
  readonly timeoutMs: number;
}

/** Rejects with the reason when the handler fails, or when the signal aborts. */
export async function runHook(handler: LifecycleHandler, scene: HookScene): Promise<void> {
  await untilAborted(handle(handler, scene), scene.signal);
}

async function handle(handler: LifecycleHandler, scene: HookScene): Promise<void> {
  const { tools, timers, signal } = scene;
  if (handler.exec !== undefined) {
    const command = handler.exec.command ?? [];
    const result = await tools.streams.execSync(scene.containerId, command, 0);
    if (result.exitCode === 0) return;
    const output = new TextDecoder().decode(result.stdout) + new TextDecoder().decode(result.stderr);
    throw new Error(`Exec lifecycle hook (${command.join(" ")}) failed with exit code ${result.exitCode}: ${output}`);
  }
  if (handler.sleep !== undefined) {
    await timers.sleep(handler.sleep.seconds * 1000, signal);
    return;
  }
  if (handler.httpGet === undefined) throw new Error("invalid handler: neither exec, httpGet nor sleep");
  const { port: raw, path = "/", host = "", scheme, httpHeaders = [] } = handler.httpGet;
  const port = portOf(raw, scene.container);
  if (port === undefined) throw new Error(`invalid port number: ${raw}`);
  await tools.dialer.http({
    scheme: scheme === "HTTPS" ? "HTTPS" : "HTTP",
    host: host === "" ? scene.podIp : host,
    port,
    path: path.startsWith("/") ? path : `/${path}`,
    headers: httpHeaders.map(({ name, value }) => ({ name, value })),
    timeoutMs: scene.timeoutMs,
  });
}

function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
