/**
 * Stands for scheduler and kubelets where only the pods' outward life matters: it binds pods, starts them, makes them ready, crashes them, loses nodes
 * and finishes deletions, after delays by chance from a seed. What a container would do is told by its image: `web:broken` never gets ready.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { below, type Rng } from "../base/rng.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import type { Client } from "../client/client.ts";
import type { Informer, InformerFactory } from "../client/informer.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "../machinery/pods.ts";
import { rfc3339 } from "../machinery/time.ts";
import type { Pod } from "../schema/shapes/core.v1.ts";

export interface PodActorOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly nodes: readonly string[];
  /** Longest time that a pod takes for each of: being bound, started, ready, stopped. */
  readonly stepMs: number;
  /** Mean time between crashes of a running pod; 0: none. Asked anew each time. */
  readonly crashEveryMs: () => number;
}

const retryMs = 50;

export class PodActor implements AsyncDisposable {
  private readonly options: PodActorOptions;
  private readonly client: Client;
  private readonly pods: Informer<Pod>;
  private readonly stop = new AbortController();
  private readonly lives = new Map<string, Promise<void>>();
  /** With what will bring them back. */
  private readonly lostNodes = new Map<string, Disposable>();
  private readonly subscription: Disposable;
  /** By pod: what waits for a change of it. */
  private readonly waiting = new Map<string, () => void>();
  private addresses = 0;

  constructor(options: PodActorOptions) {
    this.options = options;
    this.client = options.informers.readYourWrites(options.client);
    this.pods = options.informers.informer(podKind);
    this.subscription = this.pods.onChange((pod, previous) => {
      const uid = (pod ?? previous)?.metadata.uid ?? "";
      this.waiting.get(uid)?.();
      if (pod === undefined || this.lives.has(uid)) return;
      this.lives.set(
        uid,
        this.live(pod).finally(() => this.lives.delete(uid)),
      );
    });
  }

  /** Its pods stop serving, and it takes no new ones, until it is back after that time or by `restoreNode`. */
  async loseNode(node: string, forMs: number): Promise<void> {
    this.restoreNode(node);
    this.lostNodes.set(
      node,
      this.options.clock.after(forMs, () => this.restoreNode(node)),
    );
    const affected = this.pods.list().filter((pod) => pod.spec.nodeName === node && isPodReady(pod));
    await Promise.all(affected.map((pod) => this.setReady(pod, false)));
  }

  restoreNode(node: string): void {
    this.lostNodes.get(node)?.[Symbol.dispose]();
    this.lostNodes.delete(node);
    for (const look of this.waiting.values()) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.subscription[Symbol.dispose]();
    this.stop.abort(new Error("the pod actor was stopped"));
    for (const node of this.lostNodes.keys()) this.restoreNode(node);
    for (const look of this.waiting.values()) look();
    await Promise.all(this.lives.values());
  }

  /** From its creation to its end. */
  private async live(pod: Pod): Promise<void> {
    try {
      while (await this.step(pod)) {
        // one change after another
      }
    } catch (error) {
      if (!this.stop.signal.aborted) this.options.log.error("a pod's life broke off", { pod: pod.metadata.name, error: String(error) });
    }
  }

  /** Waits for and makes the pod's next change; false when it is gone. */
  private async step(born: Pod): Promise<boolean> {
    const pod = this.current(born);
    if (pod === undefined) return false;
    if (isPodTerminating(pod)) return this.end(pod);
    if ((pod.spec.nodeName ?? "") === "") return this.bind(pod);
    if (isPodTerminal(pod)) return this.until(pod, Infinity);
    if (pod.status?.phase !== "Running") return this.start(pod);
    if (!isPodReady(pod)) return this.becomeReady(pod);
    return this.serve(pod);
  }

  private async bind(pod: Pod): Promise<boolean> {
    if (await this.interrupted(pod)) return true;
    const nodes = this.options.nodes.filter((node) => !this.lostNodes.has(node));
    const node = nodes[below(this.options.rng, nodes.length)];
    if (node === undefined) return this.until(pod, Infinity, () => this.lostNodes.size < this.options.nodes.length);
    const { name, namespace = "" } = pod.metadata;
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace },
      target: { apiVersion: "v1", kind: "Node", name: node },
    };
    await this.attempt(() => this.client.createSub(podKind, { name, namespace }, "binding", binding));
    return this.until(pod, retryMs, (current) => (current.spec.nodeName ?? "") !== "");
  }

  private async start(pod: Pod): Promise<boolean> {
    if (await this.interrupted(pod)) return true;
    if (this.isLost(pod)) return this.until(pod, Infinity, () => !this.isLost(pod));
    this.addresses += 1;
    const podIP = `10.244.${Math.floor(this.addresses / 250) % 250}.${this.addresses % 250}`;
    const now = rfc3339(this.options.clock.now());
    await this.writeStatus(pod, { ...pod.status, phase: "Running", podIP, podIPs: [{ ip: podIP }], startTime: now });
    return this.until(pod, retryMs, (current) => current.status?.phase === "Running");
  }

  private async becomeReady(pod: Pod): Promise<boolean> {
    if (pod.spec.containers.some((container) => container.image?.endsWith(":broken"))) return this.until(pod, Infinity);
    if (await this.interrupted(pod)) return true;
    if (this.isLost(pod)) return this.until(pod, Infinity, () => !this.isLost(pod));
    await this.setReady(pod, true);
    return this.until(pod, retryMs, isPodReady);
  }

  /** Until it crashes, or something else happens to it. */
  private async serve(pod: Pod): Promise<boolean> {
    const { rng, crashEveryMs } = this.options;
    const meanMs = crashEveryMs();
    if (meanMs === 0) return this.until(pod, 10_000, () => this.isLost(pod));
    const crashInMs = -Math.log(1 - rng.next()) * meanMs;
    await this.until(pod, Math.min(crashInMs, 10_000), (changed) => !isPodReady(changed));
    const current = this.current(pod);
    if (crashInMs <= 10_000 && current !== undefined && isPodReady(current) && !isPodTerminating(current))
      await this.setReady(current, false);
    return true;
  }

  private async end(pod: Pod): Promise<boolean> {
    await this.until(pod, this.options.rng.next() * this.options.stepMs);
    if (this.current(pod) === undefined) return false;
    const { name, namespace = "", uid } = pod.metadata;
    await this.attempt(() => this.client.deleteObject(podKind, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } }));
    return this.until(pod, retryMs, () => false);
  }

  private isLost(pod: Pod): boolean {
    return this.lostNodes.has(pod.spec.nodeName ?? "");
  }

  private current(pod: Pod): Pod | undefined {
    const { name, namespace = "", uid } = pod.metadata;
    const current = this.pods.get({ name, namespace });
    return current?.metadata.uid === uid ? current : undefined;
  }

  /** Takes some time; true when the pod is to end meanwhile. */
  private async interrupted(pod: Pod): Promise<boolean> {
    const delayMs = this.options.rng.next() * this.options.stepMs;
    await this.until(pod, delayMs, () => false);
    const current = this.current(pod);
    return current === undefined || isPodTerminating(current);
  }

  /** Waits that long, or until the pod is gone, is to end or is as wanted. */
  private until(pod: Pod, waitMs: number, wanted: (current: Pod) => boolean = () => false): Promise<true> {
    const { clock } = this.options;
    const { signal } = this.stop;
    const uid = pod.metadata.uid ?? "";
    const wasTerminating = isPodTerminating(pod);
    return new Promise((resolve, reject) => {
      let timer: Disposable | undefined;
      const finish = (): void => {
        timer?.[Symbol.dispose]();
        this.waiting.delete(uid);
        if (signal.aborted) reject(signal.reason);
        else resolve(true);
      };
      const look = (): void => {
        if (signal.aborted) return finish();
        const current = this.current(pod);
        if (current === undefined || (!wasTerminating && isPodTerminating(current)) || wanted(current)) finish();
      };
      this.waiting.set(uid, look);
      if (waitMs !== Infinity) timer = clock.after(waitMs, finish);
      look();
    });
  }

  private async setReady(pod: Pod, ready: boolean): Promise<void> {
    const status = ready ? "True" : "False";
    const lastTransitionTime = rfc3339(this.options.clock.now());
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "Ready" && type !== "ContainersReady");
    const conditions = [...others, ...["ContainersReady", "Ready"].map((type) => ({ type, status, lastTransitionTime }))];
    await this.writeStatus(pod, { ...pod.status, conditions });
  }

  private async writeStatus(pod: Pod, status: NonNullable<Pod["status"]>): Promise<void> {
    const { name, namespace = "", uid } = pod.metadata;
    await this.attempt(() => this.client.patch(podKind, { name, namespace }, "merge", { metadata: { uid }, status }, "status"));
  }

  /** What fails is tried again by the next step. */
  private async attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.options.log.debug("the pod actor was refused", { error: String(error) });
    }
  }
}
