/**
 * Leader election by Lease: of several candidates one leads at a time. A holder's silence is measured by each candidate's own clock from when it
 * saw the Lease change, so clocks need not agree.
 * Upstream: staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go
 */
import { lease as leaseKind } from "../api/coordination/v1/lease.ts";
import { sleep, type Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Rng } from "../base/rng.ts";
import { rfc3339Micro } from "../machinery/time.ts";
import type { Lease, LeaseSpec } from "../schema/shapes/coordination.v1.ts";
import type { Client, EventRecorder, Key } from "./client.ts";
import { orAborted } from "./orAborted.ts";

/** How long others wait for a silent holder. */
const defaultLeaseDurationMs = 15_000;
/** How long a holder goes on without a successful renewal. */
const defaultRenewDeadlineMs = 10_000;
const defaultRetryPeriodMs = 2_000;
const retryJitter = 1.2;

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  /** Of the Lease. */
  readonly key: Key;
  /** Unique among the candidates. */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly events?: EventRecorder;
  /** Runs while leading; has to end soon after the signal aborts. When it ends by itself, the Lease is given up. */
  lead(signal: AbortSignal): Promise<void>;
}

/** Stands as a candidate, again after each loss, until disposed; then the Lease is released so that another can take over at once. */
export function standForLeader(options: LeaderElectionOptions): AsyncDisposable {
  const stop = new AbortController();
  const running = new Candidate(options).run(stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the candidate was withdrawn"));
      await running;
    },
  };
}

class Candidate {
  private readonly options: LeaderElectionOptions;
  private readonly leaseDurationMs: number;
  private readonly renewDeadlineMs: number;
  private readonly retryPeriodMs: number;
  /** The record as last seen, and when it last changed by our clock. */
  private observed = "";
  private observedAtMs = 0;

  constructor(options: LeaderElectionOptions) {
    this.options = options;
    this.leaseDurationMs = options.leaseDurationMs ?? defaultLeaseDurationMs;
    this.renewDeadlineMs = options.renewDeadlineMs ?? defaultRenewDeadlineMs;
    this.retryPeriodMs = options.retryPeriodMs ?? defaultRetryPeriodMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.holds(signal)) await this.term(signal);
      else await this.pause(signal);
    }
  }

  /** From winning to losing, giving up or being stopped. */
  private async term(signal: AbortSignal): Promise<void> {
    const { identity, log, events, key } = this.options;
    log.info("became leader", { lease: key.name, identity });
    events?.event(this.leaseObject(), "Normal", "LeaderElection", `${identity} became leader`);
    const lost = new AbortController();
    const leading = AbortSignal.any([signal, lost.signal]);
    const finished = new AbortController();
    const work = this.options.lead(leading).then(
      () => finished.abort(),
      (error: unknown) => {
        log.error("leading failed", { lease: key.name, error: String(error) });
        finished.abort();
      },
    );
    await this.renewUntil(AbortSignal.any([signal, finished.signal]));
    lost.abort(new Error("the lease was lost"));
    await work;
    events?.event(this.leaseObject(), "Normal", "LeaderElection", `${identity} stopped leading`);
    if (signal.aborted || finished.signal.aborted) await this.release();
  }

  /** Returns when renewing has failed for too long, or the signal aborts. */
  private async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock, log, key } = this.options;
    let renewedAtMs = clock.now();
    while (!signal.aborted) {
      await this.pause(signal);
      if (signal.aborted) return;
      if (await this.holds(signal)) renewedAtMs = clock.now();
      else if (clock.now() - renewedAtMs >= this.renewDeadlineMs) {
        log.warn("lost the lease", { lease: key.name });
        return;
      }
    }
  }

  private async pause(signal: AbortSignal): Promise<void> {
    const { clock, rng } = this.options;
    await sleep(clock, this.retryPeriodMs * (1 + rng.next() * (retryJitter - 1)), signal).catch(() => undefined);
  }

  /** Takes or renews the Lease; false when another holds it or the server can't be asked in time. */
  private async holds(signal: AbortSignal): Promise<boolean> {
    const { clock, log, key } = this.options;
    const tooLate = new AbortController();
    const timer = clock.after(this.renewDeadlineMs, () => tooLate.abort(new Error("no answer in time")));
    try {
      return await orAborted(this.takeOrRenew(), AbortSignal.any([signal, tooLate.signal]));
    } catch (error) {
      if (!signal.aborted) log.debug("the lease could not be taken", { lease: key.name, error: String(error) });
      return false;
    } finally {
      timer[Symbol.dispose]();
    }
  }

  private async takeOrRenew(): Promise<boolean> {
    const { client, clock, identity, key } = this.options;
    const nowText = rfc3339Micro(clock.now());
    const mine: LeaseSpec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.leaseDurationMs / 1000),
      acquireTime: nowText,
      renewTime: nowText,
      leaseTransitions: 0,
    };
    const current = await client.get(leaseKind, key);
    if (current === undefined) {
      this.observe((await client.create(leaseKind, { ...this.leaseObject(), spec: mine })).spec);
      return true;
    }
    this.observe(current.spec);
    const { holderIdentity = "", acquireTime = nowText, leaseTransitions = 0 } = current.spec;
    const held = holderIdentity === identity;
    if (!held && holderIdentity !== "" && this.observedAtMs + this.leaseDurationMs > clock.now()) return false;
    const spec = held ? { ...mine, acquireTime, leaseTransitions } : { ...mine, leaseTransitions: leaseTransitions + 1 };
    this.observe((await client.update(leaseKind, { ...current, spec })).spec);
    return true;
  }

  private observe(spec: LeaseSpec): void {
    const text = JSON.stringify(spec);
    if (text === this.observed) return;
    this.observed = text;
    this.observedAtMs = this.options.clock.now();
  }

  private async release(): Promise<void> {
    const { client, clock, identity, key, log } = this.options;
    try {
      const current = await client.get(leaseKind, key);
      if (current?.spec.holderIdentity !== identity) return;
      const nowText = rfc3339Micro(clock.now());
      const { leaseTransitions } = current.spec;
      const spec: LeaseSpec = { holderIdentity: "", leaseDurationSeconds: 1, acquireTime: nowText, renewTime: nowText, leaseTransitions };
      await client.update(leaseKind, { ...current, spec });
    } catch (error) {
      log.debug("the lease could not be released", { lease: key.name, error: String(error) });
    }
  }

  private leaseObject(): Lease {
    const { namespace, name } = this.options.key;
    return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name }, spec: {} };
  }
}
