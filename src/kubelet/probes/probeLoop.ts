/**
 * One probe, repeated: initial delay, period, thresholds. Readiness and startup are asked at once when the container starts and then soon
 * again until the first success, so that nobody waits a period for a program that needed 30 ms; only what fails at its regular time counts.
 * Upstream: pkg/kubelet/prober/worker.go
 */
import type { Probe } from "../../schema/shapes/core.v1.ts";
import type { Timers } from "../timers.ts";
import type { ProbeResult } from "./runProbe.ts";

export type ProbeKind = "liveness" | "readiness" | "startup";

export interface ProbeLoopOptions {
  readonly kind: ProbeKind;
  readonly spec: Probe;
  readonly timers: Timers;
  /** When the container started. */
  readonly startedAtMs: number;
  run(): Promise<ProbeResult>;
  /** A failure at a regular time, worth an event. */
  onFailure(result: ProbeResult & { verdict: "failure" | "unknown" }): void;
  /** The verdict after thresholds; called when it is reached again, too. */
  onVerdict(success: boolean): void;
}

const defaultPeriodSeconds = 10;
const defaultFailureThreshold = 3;
const leastEagerMs = 10;
/** Before the first success the next question comes after this share of the time that has passed: nobody waits much longer than needed. */
const eagerShare = 0.25;

export class ProbeLoop implements Disposable {
  private readonly options: ProbeLoopOptions;
  private readonly periodMs: number;
  private regularAtMs: number;
  private eager: boolean;
  private readonly earliestMs: number;
  private last: "success" | "failure" | undefined;
  private run = 0;
  private timer: Disposable | undefined;
  private closed = false;

  constructor(options: ProbeLoopOptions) {
    this.options = options;
    const { spec, kind, startedAtMs, timers } = options;
    this.periodMs = (spec.periodSeconds ?? defaultPeriodSeconds) * 1000;
    const earliestMs = Math.max(startedAtMs + (spec.initialDelaySeconds ?? 0) * 1000, timers.clock.now());
    this.earliestMs = earliestMs;
    this.eager = kind !== "liveness";
    this.regularAtMs = earliestMs + this.periodMs;
    this.schedule(this.eager ? earliestMs : this.firstLiveness(earliestMs));
  }

  /** Liveness is asked on the beat of its period since the start, at the earliest one period later. */
  private firstLiveness(earliestMs: number): number {
    const { startedAtMs } = this.options;
    const beats = Math.max(1, Math.ceil((earliestMs - startedAtMs) / this.periodMs));
    this.regularAtMs = startedAtMs + beats * this.periodMs;
    return this.regularAtMs;
  }

  [Symbol.dispose](): void {
    this.closed = true;
    this.timer?.[Symbol.dispose]();
  }

  private schedule(atMs: number): void {
    if (!this.closed) this.timer = this.options.timers.at(atMs, () => void this.once());
  }

  private async once(): Promise<void> {
    const regular = this.options.timers.clock.now() >= this.regularAtMs;
    const result = await this.options.run();
    if (this.closed) return;
    if (result.verdict === "success" || regular) this.count(result);
    this.next(regular, result.verdict === "success");
  }

  private next(regular: boolean, success: boolean): void {
    const now = this.options.timers.clock.now();
    if (success && this.eager) {
      this.eager = false;
      this.regularAtMs = now + this.periodMs;
    }
    if (regular) {
      this.eager = false;
      this.regularAtMs += this.periodMs * Math.max(1, Math.ceil((now - this.regularAtMs) / this.periodMs));
    }
    const soonMs = now + Math.max(leastEagerMs, (now - this.earliestMs) * eagerShare);
    this.schedule(this.eager ? Math.min(soonMs, this.regularAtMs) : this.regularAtMs);
  }

  private count(result: ProbeResult): void {
    const { spec } = this.options;
    if (result.verdict !== "success") this.options.onFailure(result);
    if (result.verdict === "unknown") return;
    this.run = this.last === result.verdict ? this.run + 1 : 1;
    this.last = result.verdict;
    const success = result.verdict === "success";
    const needed = success ? (spec.successThreshold ?? 1) : (spec.failureThreshold ?? defaultFailureThreshold);
    if (this.run >= needed) this.options.onVerdict(success);
  }
}
