/** The probes of one pod's containers: each running attempt has its own, an ended one has none. */
import { ContainerProbes } from "../probes/containerProbes.ts";
import type { PodScene } from "./kit.ts";
import { isRunning, specOf, type ContainerRecord } from "./record.ts";

export class PodProbes implements Disposable {
  private readonly scene: PodScene;
  private readonly wake: () => void;
  private readonly byName = new Map<string, { readonly id: string; readonly probes: ContainerProbes | undefined }>();

  constructor(scene: PodScene, wake: () => void) {
    this.scene = scene;
    this.wake = wake;
  }

  /** Begins or ends the probes of a container as its attempt runs or not. */
  sync(own: ContainerRecord): void {
    const id = isRunning(own) ? own.current?.id : undefined;
    const known = this.byName.get(own.name);
    if (known?.id === id) return;
    known?.probes?.[Symbol.dispose]();
    this.byName.delete(own.name);
    if (id === undefined) {
      own.started = false;
      own.ready = false;
      return;
    }
    this.begin(own, id, known !== undefined);
  }

  stopKilling(): void {
    for (const { probes } of this.byName.values()) probes?.stopKilling();
  }

  [Symbol.dispose](): void {
    for (const { probes } of this.byName.values()) probes?.[Symbol.dispose]();
    this.byName.clear();
  }

  private begin(own: ContainerRecord, id: string, isRestart: boolean): void {
    const { kit, pod, record } = this.scene;
    const container = specOf(pod, own.name);
    if (container === undefined) return;
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const probed = own.role !== "init" && own.role !== "ephemeral" && (startupProbe ?? readinessProbe ?? livenessProbe) !== undefined;
    if (isRestart) own.ready = false;
    own.started = startupProbe === undefined || own.ready;
    if (readinessProbe === undefined && startupProbe === undefined) own.ready = true;
    this.byName.set(own.name, { id, probes: undefined });
    if (!probed) return;
    const probes = new ContainerProbes({
      pod,
      timers: kit.timers,
      tools: kit.probeTools,
      events: kit.events,
      target: { container, containerId: id, podIp: this.scene.facts().podIp },
      startedAtMs: own.current?.startedAtMs ?? record.startedAtMs,
      onStarted: () => this.set(own, "started", true),
      onReady: (ready) => this.set(own, "ready", ready),
      onUnhealthy: (kind) => {
        own.unhealthy = kind;
        this.wake();
      },
    });
    this.byName.set(own.name, { id, probes });
    if (record.stopping !== undefined) probes.stopKilling();
  }

  private set(own: ContainerRecord, field: "started" | "ready", value: boolean): void {
    if (own[field] === value) return;
    own[field] = value;
    this.wake();
  }
}
