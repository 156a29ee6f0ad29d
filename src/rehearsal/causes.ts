/**
 * Why a request failed: attribution by overlap of the request's interval with the lives of the pods. Pure. Where the pod is known, its life decides;
 * where it isn't, the pod whose life explains the failure best is taken and the attribution counts as inferred.
 */
import type { LedgerRow } from "./ports/load.ts";
import { killMs, type PodLife, sigtermMs, within } from "./podLives.ts";

export type Cause =
  | "notReady"
  | "staleEndpoint"
  | "cutInFlight"
  | "keepAliveClosed"
  | "noEndpoint"
  | "crashed"
  | "overloaded"
  | "applicationError"
  | "unknown";

export interface Attribution {
  readonly row: LedgerRow;
  readonly cause: Cause;
  /** Empty where no pod is to blame. */
  readonly pod: string;
  /** The pod was not seen but deduced. */
  readonly inferred: boolean;
  /** What of it applies to this request, in a few words. */
  readonly detail: string;
}

export interface CauseWorld {
  readonly lives: ReadonlyMap<string, PodLife>;
  /** When a pod first answered well. */
  readonly firstAnswerMs: ReadonlyMap<string, number>;
  /** Ready endpoints before the change began. */
  readonly usualEndpoints: number;
}

/** How late a watch event may be seen, and how long a dying connection takes. */
const toleranceMs = 60;
/** The same where a pod that took no connection had taken them before: it can but have begun to end. */
const closedListenerMs = 500;
/** A pod may still be sent to so long after it is gone. */
const memoryMs = 60_000;
/** Without answers to go by, a pod counts as young for so long after it began to run. */
const youngMs = 15_000;

type Verdict = Pick<Attribution, "cause" | "detail">;

export function worldOf(rows: readonly LedgerRow[], lives: ReadonlyMap<string, PodLife>, changeMs: number): CauseWorld {
  const firstAnswerMs = new Map<string, number>();
  for (const row of rows) {
    if (row.pod === "" || row.outcome.type !== "answered" || row.outcome.status >= 400) continue;
    const known = firstAnswerMs.get(row.pod);
    if (known === undefined || row.endMs < known) firstAnswerMs.set(row.pod, row.endMs);
  }
  return { lives, firstAnswerMs, usualEndpoints: endpointsAt(lives, changeMs - 1) };
}

export function attribute(row: LedgerRow, world: CauseWorld): Attribution {
  const known = row.pod === "" ? undefined : world.lives.get(row.pod);
  if (known !== undefined) return { row, pod: known.name, inferred: false, ...(ofPod(row, known, world) ?? withoutPod(row, world)) };
  if (row.outcome.type === "noEndpoint" || (row.outcome.type !== "answered" && endpointsAt(world.lives, row.sentMs) === 0)) {
    return { row, pod: "", inferred: row.outcome.type !== "noEndpoint", cause: "noEndpoint", detail: "no pod was ready" };
  }
  return { row, ...(bestGuess(row, world) ?? { pod: "", ...withoutPod(row, world) }), inferred: true };
}

/** Ready endpoints at a moment. */
export function endpointsAt(lives: ReadonlyMap<string, PodLife>, atMs: number): number {
  let count = 0;
  for (const life of lives.values()) if (within(life.endpoint, atMs)) count += 1;
  return count;
}

const order: readonly Cause[] = ["crashed", "cutInFlight", "staleEndpoint", "notReady", "keepAliveClosed", "applicationError"];

function bestGuess(row: LedgerRow, world: CauseWorld): (Verdict & { readonly pod: string }) | undefined {
  let best: (Verdict & { readonly pod: string }) | undefined;
  for (const life of world.lives.values()) {
    if (life.createdMs > row.endMs || (life.goneMs ?? Infinity) + memoryMs < row.sentMs) continue;
    const verdict = ofPod(row, life, world);
    if (verdict === undefined) continue;
    if (best === undefined || order.indexOf(verdict.cause) < order.indexOf(best.cause)) best = { pod: life.name, ...verdict };
  }
  return best;
}

/** What this pod's life says of the request; undefined: nothing. */
function ofPod(row: LedgerRow, life: PodLife, world: CauseWorld): Verdict | undefined {
  if (row.outcome.type === "answered") return ofErrorAnswer(row, life, world);
  return ofExit(row, life) ?? ofTermination(row, life) ?? ofYouth(row, life, world) ?? ofReuse(row);
}

function ofErrorAnswer(row: LedgerRow, life: PodLife, world: CauseWorld): Verdict | undefined {
  if (row.pod === "") return undefined;
  const status = row.outcome.type === "answered" ? row.outcome.status : 0;
  if (life.deletedMs !== undefined && row.sentMs + toleranceMs >= life.deletedMs) {
    return { cause: "staleEndpoint", detail: `answered ${status} while it was ending` };
  }
  if (isYoung(row, life, world)) return { cause: "notReady", detail: `answered ${status} before it answered well` };
  return dipped(row, world) ?? { cause: "applicationError", detail: `answered ${status} while it was ready` };
}

/** Its process ended while the request was under way. */
function ofExit(row: LedgerRow, life: PodLife): Verdict | undefined {
  if (notConnected(row)) return ofRestart(row, life);
  const exit = life.exits.find(({ atMs }) => atMs >= row.sentMs - toleranceMs && atMs <= row.endMs + toleranceMs);
  if (exit === undefined) return ofRestart(row, life);
  if (life.deletedMs === undefined || exit.atMs + toleranceMs < life.deletedMs) {
    return { cause: "crashed", detail: `its container ended with exit code ${exit.exitCode}` };
  }
  if (row.connection.reused && row.sentMs > exit.atMs) return { cause: "keepAliveClosed", detail: "sent on a connection of an ended pod" };
  const killed = exit.exitCode === 137 || exit.atMs + toleranceMs >= (killMs(life) ?? Infinity);
  // On a connection that still waited to be taken: sent too late, rather than cut.
  if (!killed && !row.connection.reused && row.sentMs > (sigtermMs(life) ?? Infinity)) return undefined;
  const detail = killed
    ? `killed when its grace of ${life.graceSeconds} s was over`
    : "its process ended on SIGTERM with requests under way";
  return { cause: "cutInFlight", detail };
}

/** Between a crash and the next start. */
function ofRestart(row: LedgerRow, life: PodLife): Verdict | undefined {
  const ended = life.exits.findLast(({ atMs }) => atMs <= row.sentMs + toleranceMs);
  if (ended === undefined || (life.deletedMs ?? Infinity) <= ended.atMs + toleranceMs) return undefined;
  if (life.deletedMs !== undefined && row.sentMs >= life.deletedMs) return undefined;
  const runs = life.running.some(({ fromMs, toMs }) => fromMs + toleranceMs < row.sentMs && row.sentMs < toMs);
  return runs ? undefined : { cause: "crashed", detail: `its container had ended with exit code ${ended.exitCode}` };
}

function ofTermination(row: LedgerRow, life: PodLife): Verdict | undefined {
  const { deletedMs } = life;
  const askedMs = sigtermMs(life);
  if (deletedMs === undefined || askedMs === undefined) return undefined;
  const heldOpen = row.connection.reused;
  const underWay = row.sentMs + toleranceMs < askedMs && askedMs <= row.endMs + toleranceMs;
  if (underWay && !heldOpen && !notConnected(row)) {
    return { cause: "cutInFlight", detail: "its connection was closed on SIGTERM with the request under way" };
  }
  const atMs = heldOpen ? row.endMs : row.sentMs;
  if (atMs + (notConnected(row) ? closedListenerMs : toleranceMs) < deletedMs) return undefined;
  if (heldOpen) return { cause: "keepAliveClosed", detail: "its kept-alive connection was closed as the pod ended" };
  const sinceMs = Math.max(0, Math.round(row.sentMs - askedMs));
  const when = life.preStopSeconds === 0 ? "SIGTERM" : "its preStop hook ended";
  return { cause: "staleEndpoint", detail: `sent ${sinceMs} ms after ${when}` };
}

function notConnected({ outcome }: LedgerRow): boolean {
  return outcome.type === "refused" || outcome.type === "unreachable";
}

function ofYouth(row: LedgerRow, life: PodLife, world: CauseWorld): Verdict | undefined {
  if (!isYoung(row, life, world) || row.connection.reused) return undefined;
  const began = life.running[0]?.fromMs;
  const since =
    began === undefined ? "before its container ran" : `${Math.max(0, Math.round(row.sentMs - began))} ms after its container started`;
  return { cause: "notReady", detail: `sent ${since}${life.hasReadinessProbe ? "" : "; it has no readiness probe"}` };
}

function isYoung(row: LedgerRow, life: PodLife, world: CauseWorld): boolean {
  const first = world.firstAnswerMs.get(life.name);
  if (row.pod !== "") return first === undefined || row.sentMs < first;
  if (first !== undefined && row.sentMs >= first) return false;
  const began = life.running[0]?.fromMs ?? Infinity;
  return within(life.endpoint, row.sentMs) && row.sentMs < began + youngMs && life.deletedMs === undefined;
}

function ofReuse(row: LedgerRow): Verdict | undefined {
  const closed = row.outcome.type === "reset" || row.outcome.type === "closed";
  if (!row.connection.reused || !closed || row.pod === "") return undefined;
  return { cause: "keepAliveClosed", detail: "the application closed a connection that it had offered to keep" };
}

function withoutPod(row: LedgerRow, world: CauseWorld): Verdict {
  const overloaded = dipped(row, world);
  if (overloaded !== undefined) return overloaded;
  if (row.outcome.type === "answered") {
    return { cause: "applicationError", detail: `answered ${row.outcome.status} with all pods ready` };
  }
  return { cause: "unknown", detail: "nothing in the timeline overlaps with it" };
}

function dipped(row: LedgerRow, world: CauseWorld): Verdict | undefined {
  const status = row.outcome.type === "answered" ? row.outcome.status : 0;
  const isLoad = row.outcome.type === "timeout" || status === 429 || status === 503 || status === 504;
  const ready = endpointsAt(world.lives, row.sentMs);
  if (!isLoad || ready >= world.usualEndpoints) return undefined;
  return { cause: "overloaded", detail: `${ready} of ${world.usualEndpoints} pods were ready` };
}
