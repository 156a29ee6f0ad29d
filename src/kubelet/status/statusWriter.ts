/**
 * Writes pod statuses: one write per pod under way, the newest state wins, so a burst of changes costs one or two requests.
 * Upstream: pkg/kubelet/status/status_manager.go
 */
import type { Log } from "../../base/log.ts";
import type { Client } from "../../client/client.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Pod, PodStatus } from "../../schema/shapes/core.v1.ts";
import type { Timers } from "../timers.ts";
import { statusPatch } from "./statusPatch.ts";

const firstRetryMs = 200;
const maxRetryMs = 10_000;

interface WriterDeps {
  readonly client: Client;
  readonly timers: Timers;
  readonly log: Log;
}

/** The statuses of one pod on their way to the API. */
export class StatusWriter {
  private readonly deps: WriterDeps;
  /** The object that the writes are about. */
  private pod: Pod;
  /** What the API was last known to have. */
  private known: PodStatus | undefined;
  private knownVersion = 0;
  private wanted: PodStatus | undefined;
  /** The last state handed over, as text: most calls bring nothing new. */
  private lastText = "";
  private active = false;
  private done: Promise<void> = Promise.resolve();
  private gone = false;
  private readonly stop = new AbortController();

  constructor(deps: WriterDeps, pod: Pod) {
    this.deps = deps;
    this.pod = pod;
    this.known = pod.status;
  }

  /** What the API has, or will have when the last write arrives. */
  get latest(): PodStatus | undefined {
    return this.wanted === undefined ? this.known : { ...this.known, ...this.wanted, conditions: merged(this.known, this.wanted) };
  }

  /** Takes over what the API now has; what is older than our own last write is not looked at. */
  observe(pod: Pod): void {
    this.pod = pod;
    const version = versionOf(pod);
    if (this.active || version <= this.knownVersion) return;
    this.known = pod.status;
    this.knownVersion = version;
    this.lastText = "";
  }

  write(status: PodStatus): void {
    const text = JSON.stringify(status);
    if (text === this.lastText || this.gone) return;
    this.lastText = text;
    this.wanted = status;
    if (this.active) return;
    this.active = true;
    this.done = this.run();
  }

  /** Resolves when everything written so far has arrived (or can't any more). */
  async flushed(): Promise<void> {
    while (this.active) await this.done;
  }

  /** The pod's object is gone, or the kubelet stops: nothing is written any more. */
  close(): void {
    this.gone = true;
    this.stop.abort(new Error("no status is written any more"));
  }

  private async run(): Promise<void> {
    let retryMs = firstRetryMs;
    // What arrives while a write is on its way is taken up by the same loop; `active` falls in the turn in which nothing is left.
    while (this.wanted !== undefined && !this.gone) {
      try {
        await this.writeOne(this.wanted);
        retryMs = firstRetryMs;
      } catch (error) {
        if (this.isFinal(error)) break;
        this.deps.log.warn("writing a pod's status failed, will retry", { pod: this.pod.metadata.name, error: String(error) });
        await this.deps.timers.sleep(retryMs, this.stop.signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, maxRetryMs);
      }
    }
    this.active = false;
  }

  private async writeOne(next: PodStatus): Promise<void> {
    const patch = statusPatch(this.pod, this.known, next);
    if (patch !== undefined) await this.send(patch);
    if (this.wanted === next) this.wanted = undefined;
  }

  private async send(patch: unknown): Promise<void> {
    const { name, namespace = "" } = this.pod.metadata;
    const answer = await this.deps.client.patch(podKind, { namespace, name }, "strategic", patch, "status");
    this.known = answer.status;
    this.knownVersion = versionOf(answer);
  }

  /** Gone, or another pod of the same name: nothing to write to. */
  private isFinal(error: unknown): boolean {
    if (this.gone) return true;
    if (!isApiError(error, "NotFound") && !isApiError(error, "Conflict")) return false;
    this.gone = true;
    return true;
  }
}

/** Resource versions count up: what is older can be told. */
function versionOf(pod: Pod): number {
  const version = Number(pod.metadata.resourceVersion ?? 0);
  return Number.isFinite(version) ? version : 0;
}

function merged(known: PodStatus | undefined, wanted: PodStatus): PodStatus["conditions"] {
  const own = wanted.conditions ?? [];
  return [...(known?.conditions ?? []).filter((condition) => !own.some((one) => one.type === condition.type)), ...own];
}
