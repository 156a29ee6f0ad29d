/** The probes of one running attempt of a container: startup first, then liveness and readiness. Upstream: pkg/kubelet/prober/prober_manager.go */
import type { EventRecorder } from "../../client/client.ts";
import type { Pod, Probe } from "../../schema/shapes/core.v1.ts";
import type { Timers } from "../timers.ts";
import { partOf } from "../worker/podText.ts";
import { ProbeLoop, type ProbeKind } from "./probeLoop.ts";
import { runProbe, type ProbeTarget, type ProbeTools } from "./runProbe.ts";

export interface ContainerProbesOptions {
  readonly pod: Pod;
  readonly target: ProbeTarget;
  readonly startedAtMs: number;
  readonly timers: Timers;
  readonly tools: ProbeTools;
  readonly events: EventRecorder;
  onStarted(): void;
  onReady(ready: boolean): void;
  onUnhealthy(kind: "liveness" | "startup"): void;
}

const titles: Readonly<Record<ProbeKind, string>> = { liveness: "Liveness", readiness: "Readiness", startup: "Startup" };

/** A container without startup (readiness) probe counts as started (ready) as soon as it runs. */
export class ContainerProbes implements Disposable {
  private readonly options: ContainerProbesOptions;
  private readonly loops = new Map<ProbeKind, ProbeLoop>();

  constructor(options: ContainerProbesOptions) {
    this.options = options;
    if (options.target.container.startupProbe === undefined) this.begin();
    else this.add("startup", options.target.container.startupProbe, (success) => this.afterStartup(success));
  }

  /** Once its pod is being stopped, a container is not killed for its health; its readiness is still asked. */
  stopKilling(): void {
    this.end("liveness");
    this.end("startup");
  }

  [Symbol.dispose](): void {
    for (const kind of this.loops.keys()) this.end(kind);
  }

  private end(kind: ProbeKind): void {
    this.loops.get(kind)?.[Symbol.dispose]();
    this.loops.delete(kind);
  }

  private afterStartup(success: boolean): void {
    this.end("startup");
    if (success) this.begin();
    else this.options.onUnhealthy("startup");
  }

  private begin(): void {
    const { readinessProbe, livenessProbe } = this.options.target.container;
    this.options.onStarted();
    if (readinessProbe === undefined) this.options.onReady(true);
    else this.add("readiness", readinessProbe, (ready) => this.options.onReady(ready));
    if (livenessProbe === undefined) return;
    this.add("liveness", livenessProbe, (success) => {
      if (success) return;
      this.end("liveness");
      this.options.onUnhealthy("liveness");
    });
  }

  private add(kind: ProbeKind, spec: Probe, onVerdict: (success: boolean) => void): void {
    const { target, timers, tools, startedAtMs } = this.options;
    const loop = new ProbeLoop({
      kind,
      spec,
      timers,
      startedAtMs,
      onVerdict,
      run: () => runProbe(spec, target, tools),
      onFailure: (result) => this.report(kind, result.verdict, result.output),
    });
    this.loops.set(kind, loop);
  }

  private report(kind: ProbeKind, verdict: "failure" | "unknown", output: string): void {
    const { events, pod, target } = this.options;
    const text =
      verdict === "failure"
        ? `${titles[kind]} probe failed: ${output}`
        : `${titles[kind]} probe errored and resulted in unknown state: ${output}`;
    events.event(partOf(pod, target.container.name), "Warning", "Unhealthy", text);
  }
}
