/**
 * Tells when containers and sandboxes end. The runtime's event stream only says when to look; where it has none (containerd before 1.7) every second is looked.
 * Looking is one list of the cluster's for all nodes together. Upstream: pkg/kubelet/pleg (evented and generic)
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { GrpcError, grpcCodes, type GrpcChannel } from "./grpc.ts";
import { containerStates } from "./messages/container.ts";
import { listContainers, listPodSandbox } from "./messages/runtimeService.ts";
import { getContainerEvents } from "./messages/streaming.ts";
import { sandboxStates } from "./messages/sandbox.ts";
import { labels } from "./ownership.ts";

export interface ExitWatchDeps {
  readonly channel: GrpcChannel;
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Each event goes to only one of all who listen to the runtime, as with containerd 1.7: another cluster may take it away. */
  readonly sharesEvents: boolean;
}

const pollMs = 1000;
/** With events: in case one got lost. */
const slowPollMs = 10_000;

export class ExitWatch implements Disposable {
  readonly #deps: ExitWatchDeps;
  readonly #running = new Map<string, () => void>();
  readonly #stop = new AbortController();
  #everyMs = pollMs;
  #timer: Disposable | undefined;
  #looking: Promise<void> | undefined;

  constructor(deps: ExitWatchDeps) {
    this.#deps = deps;
    void this.#listen();
  }

  /** `ended` is called once, when that container or sandbox has ended or is gone. Watching one twice changes nothing. */
  add(id: string, ended: () => void): void {
    if (this.#running.has(id)) return;
    this.#running.set(id, ended);
    // It may have ended already, and been told of before it was ours to know.
    if (this.#everyMs === slowPollMs) void this.look().catch(() => undefined);
    this.#later();
  }

  /** Nobody wants to know any more. */
  drop(id: string): void {
    this.#running.delete(id);
  }

  /** It is known to have ended. */
  ended(id: string): void {
    const tell = this.#running.get(id);
    this.#running.delete(id);
    tell?.();
  }

  /** Resolves when what has ended by now has been told. */
  async look(): Promise<void> {
    // One that is under way may have asked too early.
    await this.#looking?.catch(() => undefined);
    this.#looking ??= this.#list().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#timer?.[Symbol.dispose]();
    this.#running.clear();
  }

  async #list(): Promise<void> {
    const { channel, cluster } = this.#deps;
    const asked = [...this.#running.keys()];
    const query = { filter: { label_selector: { [labels.cluster]: cluster } } };
    const [{ containers }, { items }] = await Promise.all([channel.call(listContainers, query), channel.call(listPodSandbox, query)]);
    const running = containers.filter(({ state }) => state === containerStates.running);
    const alive = new Set([...running, ...items.filter(({ state }) => state === sandboxStates.ready)].map(({ id }) => id));
    for (const id of asked) if (!alive.has(id)) this.ended(id);
  }

  #later(): void {
    if (this.#timer !== undefined || this.#running.size === 0 || this.#stop.signal.aborted) return;
    this.#timer = this.#deps.clock.after(this.#everyMs, () => {
      this.#timer = undefined;
      // While the runtime is away nothing can be known.
      void this.look()
        .catch((error: unknown) => this.#deps.log.debug("looking for ended containers failed, will retry", { error: String(error) }))
        .finally(() => this.#later());
    });
  }

  async #listen(): Promise<void> {
    const { channel, clock, sharesEvents } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for await (const _event of channel.stream(getContainerEvents, {}, { signal })) {
          this.#everyMs = sharesEvents ? pollMs : slowPollMs;
          void this.look().catch(() => undefined);
        }
      } catch (error) {
        if (error instanceof GrpcError && error.code === grpcCodes.unimplemented) return;
      }
      if (signal.aborted) return;
      // Nothing is told any more: the next look may be far off.
      this.#everyMs = pollMs;
      this.#timer?.[Symbol.dispose]();
      this.#timer = undefined;
      this.#later();
      await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
    }
  }
}
