/** Timeline entries folded into the life of each pod: the intervals that attribution compares requests with. Pure. */
import type { TimelineEntry, Transition } from "./timeline.ts";

/** Half-open; `toMs` is Infinity while it lasts. */
export interface Span {
  readonly fromMs: number;
  toMs: number;
}

export interface PodLife {
  readonly name: string;
  readonly owner: string;
  readonly version: string;
  readonly createdMs: number;
  readonly preStopSeconds: number;
  readonly hasReadinessProbe: boolean;
  graceSeconds: number;
  node: string;
  ip: string;
  /** While its containers run. */
  readonly running: Span[];
  readonly ready: Span[];
  /** While it is a ready endpoint of the Service that the load goes to. */
  readonly endpoint: Span[];
  /** While some data-plane view sent to it; empty where views aren't known. */
  readonly inViews: Span[];
  deletedMs: number | undefined;
  exits: { readonly atMs: number; readonly exitCode: number; readonly reason: string }[];
  goneMs: number | undefined;
}

type Of<Type extends Transition["type"]> = Extract<Transition, { type: Type }>;

export function podLives(timeline: readonly TimelineEntry[], service: string): ReadonlyMap<string, PodLife> {
  const fold = new Fold(service);
  for (const { atMs, what } of timeline) fold.take(atMs, what);
  return fold.lives;
}

/** When the kubelet sends SIGTERM (after the hook); undefined while it isn't being deleted. */
export function sigtermMs(life: PodLife): number | undefined {
  if (life.deletedMs === undefined) return undefined;
  return life.deletedMs + Math.min(life.preStopSeconds, life.graceSeconds) * 1000;
}

/** However short the grace, a program has so long between SIGTERM and SIGKILL. Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go */
export const leastGraceMs = 2000;

/** When SIGKILL is due. */
export function killMs(life: PodLife): number | undefined {
  const asked = sigtermMs(life);
  if (asked === undefined || life.deletedMs === undefined) return undefined;
  return Math.max(asked + leastGraceMs, life.deletedMs + life.graceSeconds * 1000);
}

export function within(spans: readonly Span[], atMs: number): boolean {
  return spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

class Fold {
  readonly lives = new Map<string, PodLife>();
  readonly #service: string;
  readonly #views = new Map<string, ReadonlySet<string>>();

  constructor(service: string) {
    this.#service = service;
  }

  take(atMs: number, what: Transition): void {
    if (what.type === "podCreated") this.#create(atMs, what);
    else if (what.type === "viewChanged") this.#view(atMs, what);
    else if ("pod" in what) {
      const life = this.lives.get(what.pod);
      if (life !== undefined) this.#change(life, atMs, what);
    }
  }

  #create(atMs: number, { pod, owner, version, graceSeconds, preStopSeconds, hasReadinessProbe }: Of<"podCreated">): void {
    const spans = { running: [], ready: [], endpoint: [], inViews: [] };
    const facts = { name: pod, owner, version, graceSeconds, preStopSeconds, hasReadinessProbe };
    this.lives.set(pod, { ...facts, ...spans, createdMs: atMs, node: "", ip: "", deletedMs: undefined, exits: [], goneMs: undefined });
  }

  #view(atMs: number, { service, view, pods }: Of<"viewChanged">): void {
    if (service !== this.#service) return;
    this.#views.set(view, new Set(pods));
    const seen = new Set([...this.#views.values()].flatMap((each) => [...each]));
    for (const life of this.lives.values()) {
      if (seen.has(life.name)) open(life.inViews, atMs);
      else close(life.inViews, atMs);
    }
  }

  // oxlint-disable-next-line complexity -- one line for each transition.
  #change(life: PodLife, atMs: number, what: Exclude<Extract<Transition, { pod: string }>, { type: "podCreated" }>): void {
    switch (what.type) {
      case "podScheduled":
        life.node = what.node;
        break;
      case "podAddressed":
        life.ip = what.ip;
        break;
      case "podRunning":
        open(life.running, atMs);
        break;
      case "podReady":
        open(life.ready, atMs);
        break;
      case "podUnready":
        close(life.ready, atMs);
        break;
      case "podDeleting":
        life.deletedMs ??= atMs;
        life.graceSeconds = what.graceSeconds;
        break;
      case "podExited":
        close(life.running, atMs);
        life.exits.push({ atMs, exitCode: what.exitCode, reason: what.reason });
        break;
      case "podGone":
        life.goneMs = atMs;
        for (const spans of [life.running, life.ready, life.endpoint]) close(spans, atMs);
        break;
      case "endpointAdded":
        if (what.service === this.#service) open(life.endpoint, atMs);
        break;
      case "endpointRemoved":
        if (what.service === this.#service) close(life.endpoint, atMs);
        break;
    }
  }
}

function open(spans: Span[], atMs: number): void {
  if (spans.at(-1)?.toMs !== Infinity) spans.push({ fromMs: atMs, toMs: Infinity });
}

function close(spans: Span[], atMs: number): void {
  const last = spans.at(-1);
  if (last?.toMs === Infinity) last.toMs = atMs;
}
