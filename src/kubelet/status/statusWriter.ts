/**
 * Writes pod statuses: one write per pod under way, the newest state wins, so a burst of changes costs one or two requests.
 * Upstream: pkg/kubelet/status/status_manager.go
 */
import type { Log } from "../../base/log.ts";
import type { Client } from "../../client/client.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { conditionTrue } from "../../machinery/conditions.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Pod, PodStatus } from "../../schema/shapes/core.v1.ts";
import type { Gate } from "../gate.ts";
import type { Timers } from "../timers.ts";
import { resizeConditionTypes } from "./conditions.ts";
import { statusPatch } from "./statusPatch.ts";

/** What isn't urgent waits this long for company: a pod that is Ready within it costs a single write. */
const holdMs = 25;
const firstRetryMs = 200;
const maxRetryMs = 10_000;

interface WriterDeps {
  readonly client: Client;
  readonly timers: Timers;
  readonly log: Log;
  readonly statusWrites: Gate;
}

/** The statuses of one pod on their way to the API. */
export class StatusWriter {
  private readonly deps: WriterDeps;
  /** The object that the writes are about. */
  private pod: Pod;
  /** What the API was last known to have. */
  private known: PodStatus | undefined;
  private knownVersion = 0;
  /** What we last wrote, as long as nobody else has written since. */
  private sent: PodStatus | undefined;
  private wanted: PodStatus | undefined;
  /** The last state handed over, as text: most calls bring nothing new. */
  private lastText = "";
  private active = false;
  private hold: Disposable | undefined;
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

  /** Takes over what the API now has, unless it is older than our own last write; true when it brings something that isn't ours. */
  observe(pod: Pod): boolean {
    this.pod = pod;
    const version = versionOf(pod);
    if (this.active || version <= this.knownVersion) return false;
    this.known = pod.status;
    this.knownVersion = version;
    this.sent = undefined;
    this.lastText = "";
    return true;
  }

  write(status: PodStatus): void {
    const text = JSON.stringify(status);
    if (text === this.lastText || this.gone) return;
    this.lastText = text;
    this.wanted = status;
    if (!this.active) this.send();
  }

  /** Resolves when everything written so far has arrived (or can't any more). */
  async flushed(): Promise<void> {
    if (this.hold !== undefined) this.begin();
    while (this.active) await this.done;
  }

  /** Sends what is wanted, at once or in company. */
  private send(): void {
    if (this.wanted === undefined || this.gone) return;
    if (isUrgent(this.known, this.wanted)) this.begin();
    else this.hold ??= this.deps.timers.after(holdMs, () => this.begin());
  }

  private begin(): void {
    this.hold?.[Symbol.dispose]();
    this.hold = undefined;
    this.active = true;
    this.done = this.run();
  }

  /** The pod's object is gone, or the kubelet stops: nothing is written any more. */
  close(): void {
    this.gone = true;
    this.hold?.[Symbol.dispose]();
    this.stop.abort(new Error("no status is written any more"));
  }

  private async run(): Promise<void> {
    let retryMs = firstRetryMs;
    for (let sent = false; !sent && !this.gone;) {
      try {
        await this.deps.statusWrites.through(() => this.writeOne());
        sent = true;
      } catch (error) {
        if (this.isFinal(error)) break;
        this.deps.log.warn("writing a pod's status failed, will retry", { pod: this.pod.metadata.name, error: String(error) });
        await this.deps.timers.sleep(retryMs, this.stop.signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, maxRetryMs);
      }
    }
    this.active = false;
    // What was wanted meanwhile.
    this.send();
  }

  private async writeOne(): Promise<void> {
    const next = this.wanted;
    if (next === undefined || this.gone) return;
    const patch = statusPatch(this.pod, this.known, next, this.sent);
    if (patch !== undefined) {
      const { name, namespace = "" } = this.pod.metadata;
      const answer = await this.deps.client.patch(podKind, { namespace, name }, "strategic", patch, "status");
      this.known = answer.status;
      this.sent = next;
      this.knownVersion = versionOf(answer);
    }
    if (this.wanted === next) this.wanted = undefined;
  }

  /** Gone, or another pod of the same name: nothing to write to. */
  private isFinal(error: unknown): boolean {
    if (this.gone) return true;
    if (!isApiError(error, "NotFound") && !isApiError(error, "Conflict")) return false;
    this.gone = true;
    return true;
  }
}

/** What somebody waits for: readiness, the end, and whatever went wrong. */
function isUrgent(known: PodStatus | undefined, wanted: PodStatus): boolean {
  if (wanted.phase === "Succeeded" || wanted.phase === "Failed") return true;
  const turned = (type: string): boolean => conditionTrue(known?.conditions, type) !== conditionTrue(wanted.conditions, type);
  if (turned("Ready") || turned("ContainersReady")) return true;
  const all = [...(wanted.containerStatuses ?? []), ...(wanted.initContainerStatuses ?? [])];
  return all.some(({ state, restartCount }) => {
    const reason = state?.waiting?.reason;
    return state?.terminated !== undefined || restartCount > 0 || (reason !== undefined && !reason.endsWith("ing"));
  });
}

/** Resource versions count up: what is older can be told. */
function versionOf(pod: Pod): number {
  const version = Number(pod.metadata.resourceVersion ?? 0);
  return Number.isFinite(version) ? version : 0;
}

function merged(known: PodStatus | undefined, wanted: PodStatus): PodStatus["conditions"] {
  const own = wanted.conditions ?? [];
  return [
    ...(known?.conditions ?? []).filter(({ type }) => !resizeConditionTypes.includes(type) && !own.some((one) => one.type === type)),
    ...own,
  ];
}
