/**
 * The open-loop load generator on sockets: sends what is due whether or not earlier requests were answered, and writes a row for each. Latency counts
 * from the moment a request was due, so a stall of the server is seen by all that it kept waiting.
 */
import { noFacts } from "../../rehearsal/ports/answerFacts.ts";
import { seededRng } from "../../base/rng.ts";
import { lateAfterMs, type LedgerRow, type LoadHealth, type LoadSpec, type LoadTarget, RateRefused } from "../../rehearsal/ports/load.ts";
import { measureCeiling } from "./ceiling.ts";
import type { Sender } from "./sender.ts";
import { senderFor } from "./senderFor.ts";
import { dueTimes } from "../../rehearsal/ports/dueTimes.ts";

/** Of what it managed when tried: the rest is for bad moments. */
const usableShare = 0.7;
const maxInFlight = 20_000;
const tickMs = 1;

export interface GeneratorOptions {
  readonly spec: LoadSpec;
  readonly target: LoadTarget;
  /** The machine's clock in milliseconds at which times are 0. */
  readonly epochMs: number;
  readonly onRow: (row: LedgerRow) => void;
}

/** One request outside the schedule. */
export async function probeOnce({ spec, target, epochMs }: Omit<GeneratorOptions, "onRow">): Promise<LedgerRow> {
  const now = clockFrom(epochMs);
  const sender = senderFor({ ...spec, keepAlive: 0 }, target, now);
  const sentMs = now();
  const sent = await sender.send();
  sender.close();
  return { id: 0, client: target.client, intendedMs: sentMs, sentMs, endMs: now(), ...sent };
}

/** What this process can do here, in requests a second. Rejects with RateRefused when it can't hold the rate. */
export async function usableCeiling(spec: LoadSpec): Promise<number> {
  const ceiling = await measureCeiling(spec);
  const most = Math.floor(ceiling * usableShare);
  if (spec.ratePerSecond <= most) return ceiling;
  throw new RateRefused(
    `The load generator can't hold ${spec.ratePerSecond} requests a second here: it managed ${ceiling} when it was tried out, and takes on at most ${most}. Give a lower --rate${spec.keepAlive === 0 ? ", or --keep-alive" : ""}.`,
  );
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #sender: Sender;
  readonly #now: () => number;
  readonly #due: () => number;
  readonly #startMs: number;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #nextMs: number;
  #count = 0;
  #late = 0;
  #worstLateMs = 0;
  #unsent = 0;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#now = clockFrom(options.epochMs);
    this.#sender = senderFor(options.spec, options.target, this.#now);
    this.#due = dueTimes(options.spec.ratePerSecond, options.spec.arrivals, seededRng(options.spec.seed));
    this.#startMs = this.#now();
    this.#nextMs = this.#startMs + this.#due();
    this.#tick();
  }

  /** Sends nothing new, waits for what is under way. */
  async stop(): Promise<LoadHealth> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#underWay);
    this.#sender.close();
    const share = this.#count === 0 ? 0 : this.#late / this.#count;
    return { lateShare: share, worstLateMs: this.#worstLateMs, unsent: this.#unsent };
  }

  #tick(): void {
    for (let now = this.#now(); this.#nextMs <= now; now = this.#now()) {
      this.#launch(this.#nextMs, now);
      this.#nextMs = this.#startMs + this.#due();
    }
    this.#timer = setTimeout(() => this.#tick(), tickMs);
  }

  #launch(intendedMs: number, sentMs: number): void {
    this.#count += 1;
    const id = this.#count;
    const lateMs = sentMs - intendedMs;
    this.#worstLateMs = Math.max(this.#worstLateMs, lateMs);
    if (lateMs > lateAfterMs) this.#late += 1;
    const sending = this.#send(id, intendedMs, sentMs).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #send(id: number, intendedMs: number, sentMs: number): Promise<void> {
    const { target, onRow } = this.#options;
    const times = { id, client: target.client, intendedMs: tidy(intendedMs), sentMs: tidy(sentMs) };
    if (this.#underWay.size >= maxInFlight) {
      this.#unsent += 1;
      const connection = { id: 0, reused: false, openedMs: 0, localPort: 0 };
      onRow({ ...times, endMs: times.sentMs, outcome: { type: "unsent", reason: "too many requests under way" }, connection, ...noFacts });
      return;
    }
    const { outcome, connection, ...facts } = await this.#sender.send();
    if (outcome.type === "unsent") this.#unsent += 1;
    onRow({ ...times, endMs: tidy(this.#now()), outcome, connection: { ...connection, openedMs: tidy(connection.openedMs) }, ...facts });
  }
}

/** Finer than the wall clock's milliseconds, and never going back. */
function clockFrom(epochMs: number): () => number {
  const offset = Date.now() - performance.now() - epochMs;
  return () => performance.now() + offset;
}

function tidy(ms: number): number {
  return Math.round(ms * 100) / 100;
}
