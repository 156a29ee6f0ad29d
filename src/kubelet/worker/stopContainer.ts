/**
 * Stopping one container: the event, preStop, the stop signal, SIGKILL when the grace is over. The grace may be shortened on the way.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer)
 */
import { assertNever } from "../../base/assert.ts";
import type { Container } from "../../schema/shapes/core.v1.ts";
import { runHook } from "./hooks.ts";
import type { PodScene, StopInProgress } from "./kit.ts";
import type { StopReason } from "./action.ts";
import { partOf } from "./podText.ts";
import { specOf, type ContainerRecord } from "./record.ts";

/** Even when no grace is left a container gets this long. */
const minGraceMs = 2000;
const defaultGraceSeconds = 30;

export function podGraceMs(scene: Pick<PodScene, "pod">): number {
  return (scene.pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000;
}

function killingText(name: string, why: StopReason, restarts: boolean): string {
  const then = restarts ? ", will be restarted" : "";
  switch (why) {
    case "liveness":
    case "startup":
      return `Container ${name} failed ${why} probe${then}`;
    case "definition":
      return `Container ${name} definition changed, will be restarted`;
    case "resize":
      return `Container ${name} resize requires restart`;
    case "postStart":
      return "FailedPostStartHook";
    case "podStopping":
      return `Stopping container ${name}`;
    default:
      return assertNever(why);
  }
}

export class StopRun implements StopInProgress {
  private readonly scene: PodScene;
  private readonly own: ContainerRecord;
  private readonly why: StopReason;
  private readonly id: string;
  private readonly ownDeadlineMs: number;
  private readonly preStop = new AbortController();
  private timer: Disposable | undefined;
  private signalled = false;

  constructor(scene: PodScene, own: ContainerRecord, why: StopReason) {
    this.scene = scene;
    this.own = own;
    this.why = why;
    this.id = own.current?.id ?? "";
    this.ownDeadlineMs = scene.kit.timers.clock.now() + this.ownGraceMs();
  }

  async run(): Promise<void> {
    const { scene, own } = this;
    const { kit, pod } = scene;
    const spec = specOf(pod, own.name);
    const restarts = (spec?.restartPolicy ?? pod.spec.restartPolicy) !== "Never";
    kit.events.event(partOf(pod, own.name), "Normal", "Killing", killingText(own.name, this.why, restarts));
    if (spec?.lifecycle?.preStop !== undefined && this.leftMs() > 0) await this.runPreStop(spec);
    this.signalled = true;
    if (own.current?.state !== "running") return;
    await kit.runtime.containers.stop(this.id, Math.max(minGraceMs, this.leftMs()));
  }

  hurry(): void {
    if (!this.signalled) {
      this.watchDeadline();
      return;
    }
    this.scene.kit.runtime.containers.stop(this.id, Math.max(0, this.leftMs())).catch((error: unknown) => {
      this.scene.kit.log.warn("hurrying a stop failed", { container: this.own.name, error: String(error) });
    });
  }

  exited(): void {
    this.preStop.abort(new Error("the container has exited"));
  }

  private ownGraceMs(): number {
    const spec = specOf(this.scene.pod, this.own.name);
    const probe = this.why === "liveness" ? spec?.livenessProbe : this.why === "startup" ? spec?.startupProbe : undefined;
    const seconds = probe?.terminationGracePeriodSeconds;
    return seconds === undefined ? podGraceMs(this.scene) : seconds * 1000;
  }

  private leftMs(): number {
    const { stopping } = this.scene.record;
    const deadlineMs = stopping === undefined ? this.ownDeadlineMs : Math.min(stopping.graceUntilMs, this.ownDeadlineMs);
    return deadlineMs - this.scene.kit.timers.clock.now();
  }

  private watchDeadline(): void {
    this.timer?.[Symbol.dispose]();
    const { timers } = this.scene.kit;
    this.timer = timers.after(Math.max(0, this.leftMs()), () => this.preStop.abort(new Error("the grace is over")));
  }

  private async runPreStop(spec: Container): Promise<void> {
    const { kit, pod, record } = this.scene;
    const handler = spec.lifecycle?.preStop;
    if (handler === undefined) return;
    this.watchDeadline();
    const { signal } = this.preStop;
    const { timers, probeTools: tools } = kit;
    try {
      await runHook(handler, { container: spec, containerId: this.id, podIp: record.ip, tools, timers, signal, timeoutMs: this.leftMs() });
    } catch (error) {
      kit.log.debug("a preStop handler failed", { pod: pod.metadata.name, container: spec.name, error: String(error) });
      if (!signal.aborted) kit.events.event(partOf(pod, spec.name), "Warning", "FailedPreStopHook", "PreStopHook failed");
    } finally {
      this.timer?.[Symbol.dispose]();
    }
  }
}
