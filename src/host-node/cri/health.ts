/** Whether the container runtime answers, as the node's Ready condition tells it. Upstream: pkg/kubelet/runtime.go, pkg/kubelet/kubelet.go (updateRuntimeUp) */
import type { Clock } from "../../base/clock.ts";
import type { GrpcChannel } from "./grpc.ts";
import { status, type StatusAnswer } from "./messages/runtimeService.ts";

const lookMs = 5000;
const answerMs = 10_000;
/** So long without an answer and the runtime counts as down. */
const downMs = 30_000;

export class RuntimeHealth implements Disposable {
  readonly #channel: GrpcChannel;
  readonly #clock: Clock;
  readonly #downMs: number;
  #answeredAtMs: number;
  #conditions: readonly string[] = [];
  #timer: Disposable | undefined;
  #closed = false;

  constructor(channel: GrpcChannel, clock: Clock, afterMs: number = downMs) {
    this.#channel = channel;
    this.#clock = clock;
    this.#downMs = afterMs;
    this.#answeredAtMs = clock.now();
    void this.#look();
  }

  /** What keeps the node from being Ready; empty: nothing. */
  get problems(): readonly string[] {
    const isDown = this.#clock.now() - this.#answeredAtMs > this.#downMs;
    return isDown ? ["container runtime is down"] : this.#conditions;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const answer = await this.#channel.call(status, {}, { timeoutMs: answerMs }).catch(() => undefined);
    if (answer !== undefined) {
      this.#answeredAtMs = this.#clock.now();
      this.#conditions = problemsOf(answer);
    }
    if (!this.#closed) this.#timer = this.#clock.after(lookMs, () => void this.#look());
  }
}

/** Upstream's words for conditions that don't hold. */
export function problemsOf({ status: told }: StatusAnswer): readonly string[] {
  return (told?.conditions ?? [])
    .filter((condition) => !condition.status && (condition.type === "RuntimeReady" || condition.type === "NetworkReady"))
    .map(({ type, reason, message }) => {
      const what = type === "RuntimeReady" ? "container runtime not ready" : "container runtime network not ready";
      return `${what}: ${type}=false reason:${reason} message:${message}`;
    });
}
