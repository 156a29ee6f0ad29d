/** One attempt of a simulated container: its life is a few entries in the shared timer wheel. */
import { StartError, type ContainerConfig, type ContainerStatus } from "../ports/runtime.ts";
import type { Timers } from "../timers.ts";
import type { ContainerScript } from "./script.ts";
import { SimulatedLog } from "./simulatedLog.ts";

export interface ContainerScene {
  readonly timers: Timers;
  readonly script: ContainerScript;
  /** A delay of the script, varied as the profile says. */
  varied(ms: number): number;
  onEvent(type: "started" | "exited"): void;
}

interface Ending {
  readonly exitCode: number;
  readonly signal: number;
  readonly reason: string;
}

const killed: Ending = { exitCode: 137, signal: 9, reason: "Error" };

export class SimulatedContainer {
  readonly id: string;
  readonly sandboxId: string;
  config: ContainerConfig;
  readonly log: SimulatedLog = new SimulatedLog();
  status: ContainerStatus;
  private readonly scene: ContainerScene;
  private readonly ended: Promise<void>;
  private markEnded: () => void = () => undefined;
  private stopAt: { readonly atMs: number; readonly timer: Disposable } | undefined;
  private gracefulAtMs: number | undefined;
  private life: Disposable[] = [];

  constructor(id: string, sandboxId: string, config: ContainerConfig, scene: ContainerScene) {
    this.id = id;
    this.sandboxId = sandboxId;
    this.config = config;
    this.scene = scene;
    const { name, attempt, image, imageRef } = config;
    const createdAtMs = scene.timers.clock.now();
    const none = { startedAtMs: 0, finishedAtMs: 0, exitCode: 0, signal: 0, reason: "", message: "" };
    this.status = { id, sandboxId, name, attempt, image, imageRef, state: "created", createdAtMs, ...none };
    this.ended = new Promise((resolve) => {
      this.markEnded = resolve;
    });
  }

  get script(): ContainerScript {
    return this.scene.script;
  }

  async start(): Promise<void> {
    const { timers, script } = this.scene;
    const delayMs = this.scene.varied(script.startDelayMs);
    if (delayMs > 0) await timers.sleep(delayMs);
    if (this.status.state !== "created") throw new Error(`container ${this.config.name} is ${this.status.state}`);
    if (script.startError !== undefined) {
      const { exitCode, message } = script.startError;
      this.end({ exitCode, signal: 0, reason: "StartError" }, message);
      throw new StartError(exitCode, message);
    }
    this.status = { ...this.status, state: "running", startedAtMs: timers.clock.now() };
    this.live();
    this.scene.onEvent("started");
  }

  /** Resolves when it has ended. A later stop with less grace shortens an earlier one. */
  async stop(graceMs: number): Promise<void> {
    if (this.status.state === "created") this.end(killed);
    if (this.status.state === "exited") return;
    const now = this.scene.timers.clock.now();
    this.gracefulAtMs ??= now + this.scene.varied(this.script.stopDelayMs);
    const graceful = this.gracefulAtMs <= now + graceMs;
    const ending = graceful ? { exitCode: this.script.stopExitCode, signal: 0, reason: "" } : killed;
    this.endAt(graceful ? this.gracefulAtMs : now + graceMs, ending);
    await this.ended;
  }

  /** With its sandbox. */
  kill(): void {
    if (this.status.state !== "exited") this.end(killed);
  }

  private live(): void {
    const { script, timers } = this.scene;
    for (const line of script.logs) this.log.write(timers.clock.now(), line);
    if (script.oomAfterMs !== undefined) {
      this.life.push(timers.after(script.oomAfterMs, () => this.end({ exitCode: 137, signal: 9, reason: "OOMKilled" })));
    }
    if (script.runForMs !== undefined && this.config.attempt < script.crashes) {
      const ending = { exitCode: script.exitCode, signal: 0, reason: "" };
      this.life.push(timers.after(this.scene.varied(script.runForMs), () => this.end(ending)));
    }
    if (script.logEveryMs !== undefined && script.logEveryMs > 0) this.chatter(script.logEveryMs, 1);
  }

  private chatter(everyMs: number, number: number): void {
    const { timers } = this.scene;
    const timer = timers.after(everyMs, () => {
      if (this.status.state !== "running") return;
      this.log.write(timers.clock.now(), `line ${number}`);
      this.chatter(everyMs, number + 1);
    });
    this.life = [...this.life.slice(-4), timer];
  }

  private endAt(atMs: number, ending: Ending): void {
    if (this.stopAt !== undefined && this.stopAt.atMs <= atMs) return;
    this.stopAt?.timer[Symbol.dispose]();
    const { timers } = this.scene;
    if (atMs <= timers.clock.now()) {
      this.end(ending);
      return;
    }
    this.stopAt = { atMs, timer: timers.at(atMs, () => this.end(ending)) };
  }

  private end({ exitCode, signal, reason }: Ending, message = ""): void {
    if (this.status.state === "exited") return;
    for (const timer of this.life) timer[Symbol.dispose]();
    this.stopAt?.timer[Symbol.dispose]();
    const finishedAtMs = this.scene.timers.clock.now();
    const said = reason === "" ? (exitCode === 0 ? "Completed" : "Error") : reason;
    this.status = { ...this.status, state: "exited", finishedAtMs, exitCode, signal, reason: said, message };
    this.log.close();
    this.markEnded();
    this.scene.onEvent("exited");
  }
}
