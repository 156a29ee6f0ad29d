/** The report as data: everything that the terminal, the page, JSON and JUnit show, computed once from a rehearsal. Pure. */
import { attribute, type Attribution, type Cause, worldOf } from "../causes.ts";
import { causeTexts } from "../causeTexts.ts";
import { type Fix, proposeFixes } from "../fixes.ts";
import { isFailed, latencyMs, outcomeText } from "../ledger.ts";
import { type PodLife, podLives, sigtermMs, type Span } from "../podLives.ts";
import type { LedgerRow, LoadSpec } from "../ports/load.ts";
import { maxLateShare } from "../ports/load.ts";
import { expectedStale, measuredPropagation, type Propagation, quantile } from "../propagation.ts";
import type { Rehearsal } from "../rehearse.ts";
import { checkLimits, type LimitResult, type Limits } from "../thresholds.ts";
import { transitionText } from "../timeline.ts";
import type { Deployment } from "../../schema/shapes/apps.v1.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import { type Series, seriesOf } from "./series.ts";

export interface Report {
  readonly strategy: string;
  readonly service: string;
  readonly startedAt: string;
  /** `simulated, seed 1` or where it ran. */
  readonly where: string;
  /** Every limit was kept, the change was done, and the load was what it should be. */
  readonly passed: boolean;
  /** What is wrong with the rehearsal itself comes first, broken limits after it. */
  readonly problems: readonly string[];
  readonly load: LoadSpec & { readonly target: string; readonly fromOutside: boolean; readonly health: Rehearsal["health"] };
  /** From the change's beginning until the way back. */
  readonly requests: number;
  readonly failed: number;
  /** Before the change: what is usual. */
  readonly earlier: { readonly requests: number; readonly failed: number; readonly p99Ms: number };
  readonly outcomes: readonly Count[];
  readonly causes: readonly CauseCount[];
  readonly latency: Latency;
  readonly versions: readonly Count[];
  readonly mixedMs: number | undefined;
  readonly usualPods: number;
  readonly extraPods: number;
  readonly completeMs: number | undefined;
  readonly rollback: { readonly tookMs: number; readonly failed: number } | undefined;
  readonly propagation: PropagationFigures;
  readonly expectation: { readonly staleExpected: number; readonly staleMeasured: number };
  readonly fixes: readonly Fix[];
  readonly limits: readonly LimitResult[];
  readonly series: Series;
  readonly marks: Rehearsal["marks"];
  readonly timeline: readonly { readonly atMs: number; readonly type: string; readonly text: string }[];
  readonly pods: readonly PodBar[];
  readonly failures: readonly Failure[];
  /** Failed requests beyond those listed. */
  readonly failuresLeftOut: number;
}

export interface Count {
  readonly name: string;
  readonly count: number;
}
export interface CauseCount extends Count {
  readonly cause: Cause;
  readonly explanation: string;
  readonly inferred: number;
  /** The commonest details. */
  readonly details: readonly Count[];
}
export interface Latency {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
export interface PropagationFigures {
  readonly profile: string;
  readonly source: "views" | "requests" | "none";
  readonly count: number;
  readonly p50Ms: number;
  readonly maxMs: number;
}
/** For the picture of each pod's life. */
export interface PodBar {
  readonly name: string;
  readonly version: string;
  readonly createdMs: number;
  readonly goneMs: number | undefined;
  readonly deletedMs: number | undefined;
  readonly sigtermMs: number | undefined;
  readonly ready: readonly Span[];
  /** While some node sent to it. */
  readonly sentTo: readonly Span[];
  readonly exits: readonly { readonly atMs: number; readonly exitCode: number }[];
}
export interface Failure {
  readonly id: number;
  readonly sentMs: number;
  readonly latencyMs: number;
  readonly outcome: string;
  readonly cause: Cause;
  readonly pod: string;
  readonly inferred: boolean;
  readonly detail: string;
}

export interface ReportInput {
  readonly rehearsal: Rehearsal;
  readonly service: Service;
  readonly limits: Limits;
  readonly where: string;
  /** The propagation profile's name, or what else is known of it. */
  readonly profile: string;
  /** The delay below which the profile keeps 99 changes of 100; 0 where nothing is known. */
  readonly profileP99Ms: number;
}

const maxFailures = 2000;
const maxDetails = 4;
/** As a share: more, and the rehearsal has nothing to compare with. */
const mostEarlierFailures = 0.05;

export function reportOf(input: ReportInput): Report {
  const { rehearsal } = input;
  const { rows, marks, timeline, service } = rehearsal;
  const lives = podLives(timeline, service);
  const earlier = rows.filter(({ endMs }) => endMs < marks.changeMs);
  const during = rows.filter(
    ({ sentMs, endMs }) => endMs >= marks.changeMs && sentMs < (marks.rollbackMs === undefined ? Infinity : marks.settledMs),
  );
  const after = rows.filter(({ sentMs }) => sentMs >= (marks.rollbackMs ?? Infinity));
  const world = worldOf(rows, lives, marks.changeMs);
  const attributions = during.filter(isFailed).map((row) => attribute(row, world));
  const listed = [...attributions, ...after.filter(isFailed).map((row) => attribute(row, world))];
  const propagation = measuredPropagation(during, lives);
  const failedEarlier = earlier.filter(isFailed).length;
  const facts = {
    failed: attributions.length,
    latency: latencyOf(during),
    mixedMs: mixedMs(earlier, during),
    extraPods: extraPods(lives, marks),
  };
  const limits = checkLimits(input.limits, { ...facts, p99Ms: facts.latency.p99Ms });
  const problems = [...earlierProblems(failedEarlier, earlier.length), ...problemsOf(rehearsal), ...brokenLimits(limits)];
  const stale = expectedStale({
    ratePerSecond: rehearsal.load.ratePerSecond,
    service,
    lives,
    timeline,
    rows: during,
    fromMs: marks.changeMs,
    untilMs: marks.settledMs,
  });
  return {
    strategy: rehearsal.plan.name,
    service,
    startedAt: new Date(rehearsal.epochMs).toISOString(),
    where: input.where,
    passed: problems.length === 0,
    problems,
    load: loadOf(rehearsal),
    requests: during.length,
    earlier: { requests: earlier.length, failed: failedEarlier, p99Ms: latencyOf(earlier).p99Ms },
    ...facts,
    outcomes: counted(attributions.map(({ row }) => outcomeText(row.outcome))),
    causes: causeCounts(attributions),
    versions: counted(during.flatMap((row) => (isAnswered(row) && row.version !== "" ? [row.version] : []))),
    usualPods: world.usualEndpoints,
    completeMs: completeMs(marks, earlier, during),
    rollback: rollbackOf(marks, earlier, after),
    propagation: propagationFigures(input.profile, propagation),
    expectation: { staleExpected: stale, staleMeasured: attributions.filter(({ cause }) => cause === "staleEndpoint").length },
    fixes: fixesOf(input, attributions, lives, quantile(propagation.delaysMs, 1)),
    limits,
    series: seriesOf(rows, lives, marks.endMs),
    marks,
    timeline: timeline.map(({ atMs, what }) => ({ atMs, type: what.type, text: transitionText(what) })),
    pods: [...lives.values()].map((life) => podBar(life, marks.endMs)),
    failures: listed.slice(0, maxFailures).map(failureOf),
    failuresLeftOut: Math.max(0, listed.length - maxFailures),
  };
}

function loadOf(rehearsal: Rehearsal): Report["load"] {
  const { load, health, target } = rehearsal;
  return { ...load, target: targetText(rehearsal), fromOutside: target.client === "outside", health };
}

function propagationFigures(profile: string, { source, delaysMs }: Propagation): PropagationFigures {
  return { profile, source, count: delaysMs.length, p50Ms: quantile(delaysMs, 0.5), maxMs: quantile(delaysMs, 1) };
}

function earlierProblems(failed: number, all: number): string[] {
  if (failed <= all * mostEarlierFailures) return [];
  return [`${failed} of ${all} requests failed before the change began: what stood before does not serve well`];
}

function problemsOf({ stuck, health, load }: Rehearsal): string[] {
  const problems: string[] = [];
  if (stuck !== undefined) problems.push(`the change was not completed: ${stuck}`);
  if (health.lateShare > maxLateShare || health.unsent > 0) {
    problems.push(
      `the load generator did not hold ${load.ratePerSecond} requests a second: ${(health.lateShare * 100).toFixed(1)} % left late (up to ${Math.round(health.worstLateMs)} ms), ${health.unsent} were not sent; give a lower --rate`,
    );
  }
  return problems;
}

function brokenLimits(limits: readonly LimitResult[]): string[] {
  return limits.filter(({ kept }) => !kept).map(({ option, limit, measured }) => `${option} ${limit} is broken: it was ${measured}`);
}

function targetText({ target, load }: Rehearsal): string {
  return `${target.secure ? "https" : "http"}://${target.host}:${target.port}${load.path} (${target.client})`;
}

function isAnswered({ outcome }: LedgerRow): boolean {
  return outcome.type === "answered" && outcome.status < 400;
}

export function latencyOf(rows: readonly LedgerRow[]): Latency {
  const sorted = rows
    .filter(isAnswered)
    .map(latencyMs)
    .sort((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9), p99Ms: quantile(sorted, 0.99), maxMs: quantile(sorted, 1) };
}

/** From the first answer of a version that was new until the last of one that was there before. */
function mixedMs(earlier: readonly LedgerRow[], during: readonly LedgerRow[]): number | undefined {
  const answered = during.filter((row) => isAnswered(row) && row.version !== "");
  const old = versionsOf(earlier);
  if (answered.length === 0 || old.size === 0) return undefined;
  const firstNew = least(answered.filter(({ version }) => !old.has(version)).map(({ endMs }) => endMs));
  const lastOld = most(answered.filter(({ version }) => old.has(version)).map(({ endMs }) => endMs));
  return firstNew === undefined || lastOld === undefined ? 0 : Math.max(0, lastOld - firstNew);
}

/** Spreading hundreds of thousands of arguments would overflow the stack. */
function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b));
}

function most(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b));
}

/** Pods beyond the usual number at the peak, those on their way out included. */
function extraPods(lives: ReadonlyMap<string, PodLife>, { changeMs, settledMs }: Rehearsal["marks"]): number {
  const all = [...lives.values()];
  const there = (atMs: number): number => all.filter(({ createdMs, goneMs = Infinity }) => createdMs <= atMs && atMs < goneMs).length;
  const usual = all.filter(({ createdMs, goneMs = Infinity }) => createdMs < changeMs && changeMs < goneMs).length;
  const moments = all.map(({ createdMs }) => createdMs).filter((atMs) => atMs >= changeMs && atMs <= settledMs);
  return moments.reduce((extra, atMs) => Math.max(extra, there(atMs) - usual), 0);
}

function counted(names: readonly string[]): Count[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

function causeCounts(attributions: readonly Attribution[]): CauseCount[] {
  const byCause = new Map<Cause, Attribution[]>();
  for (const each of attributions) byCause.set(each.cause, [...(byCause.get(each.cause) ?? []), each]);
  return [...byCause]
    .map(([cause, members]) => ({
      cause,
      name: causeTexts[cause].title,
      explanation: causeTexts[cause].explanation,
      count: members.length,
      inferred: members.filter(({ inferred }) => inferred).length,
      details: detailCounts(members.map(({ detail }) => detail)).slice(0, maxDetails),
    }))
    .sort((a, b) => b.count - a.count);
}

/** What differs in its milliseconds alone counts together: `sent 3 to 870 ms after SIGTERM`. */
function detailCounts(details: readonly string[]): Count[] {
  const ranges = new Map<string, { readonly from: number; readonly to: number }>();
  const forms = details.map((detail) => {
    const form = detail.replace(/\d+ ms/, "# ms");
    const ms = Number(/(\d+) ms/.exec(detail)?.[1] ?? 0);
    const { from, to } = ranges.get(form) ?? { from: ms, to: ms };
    ranges.set(form, { from: Math.min(from, ms), to: Math.max(to, ms) });
    return form;
  });
  return counted(forms).map(({ name: form, count }) => {
    const { from, to } = ranges.get(form) ?? { from: 0, to: 0 };
    return { name: form.replace("# ms", from === to ? `${from} ms` : `${from} to ${to} ms`), count };
  });
}

/** Until the steps are done and no old version answers any more. */
function completeMs(
  { changeMs, doneMs }: Rehearsal["marks"],
  earlier: readonly LedgerRow[],
  during: readonly LedgerRow[],
): number | undefined {
  if (doneMs === undefined) return undefined;
  const old = versionsOf(earlier);
  const stays = during.length > 0 && old.has(during.findLast(isAnswered)?.version ?? "");
  const last = stays ? 0 : (most(during.filter((row) => isAnswered(row) && old.has(row.version)).map(({ endMs }) => endMs)) ?? 0);
  return Math.max(doneMs, last) - changeMs;
}

/** Until the steps are done and nothing but the old version answers. */
function rollbackOf(
  { rollbackMs, rolledBackMs }: Rehearsal["marks"],
  earlier: readonly LedgerRow[],
  after: readonly LedgerRow[],
): Report["rollback"] {
  if (rollbackMs === undefined || rolledBackMs === undefined) return undefined;
  const old = versionsOf(earlier);
  const last =
    old.size === 0
      ? 0
      : (most(after.filter((row) => isAnswered(row) && row.version !== "" && !old.has(row.version)).map(({ endMs }) => endMs)) ?? 0);
  return { tookMs: Math.max(rolledBackMs, last) - rollbackMs, failed: after.filter(isFailed).length };
}

function versionsOf(rows: readonly LedgerRow[]): ReadonlySet<string> {
  return new Set(rows.filter((row) => isAnswered(row) && row.version !== "").map(({ version }) => version));
}

function fixesOf(
  input: ReportInput,
  attributions: readonly Attribution[],
  lives: ReadonlyMap<string, PodLife>,
  propagationMs: number,
): Fix[] {
  const { plan, rows, load } = input.rehearsal;
  const crashes = [...lives.values()].flatMap(({ exits, deletedMs = Infinity, running }) =>
    exits
      .filter(({ atMs }) => atMs < deletedMs)
      .map(({ atMs }) => atMs - (running.findLast(({ fromMs }) => fromMs <= atMs)?.fromMs ?? atMs)),
  );
  return proposeFixes({
    deployments: plan.subjects,
    service: input.service,
    path: load.path,
    attributions,
    deploymentOf: (pod) => deploymentOf(plan.subjects, lives.get(pod)),
    propagationMs: Math.max(propagationMs, lastStale(attributions, lives)),
    profileP99Ms: input.profileP99Ms,
    slowestMs: most(rows.filter(isAnswered).map(({ sentMs, endMs }) => endMs - sentMs)) ?? 0,
    crashAfterMs: most(crashes),
    order: plan.order,
  });
}

/** A pod's owner is a ReplicaSet, named after its Deployment. */
function deploymentOf(subjects: readonly Deployment[], life: PodLife | undefined): string | undefined {
  const owner = life?.owner ?? "";
  return subjects.find(({ metadata }) => owner.slice(0, owner.lastIndexOf("-")) === metadata.name)?.metadata.name;
}

/** How long after its deletion a pod was still sent to, by the requests that failed for it. */
function lastStale(attributions: readonly Attribution[], lives: ReadonlyMap<string, PodLife>): number {
  let last = 0;
  for (const { cause, row, pod } of attributions) {
    const deletedMs = lives.get(pod)?.deletedMs;
    if (cause === "staleEndpoint" && deletedMs !== undefined) last = Math.max(last, row.sentMs - deletedMs);
  }
  return last;
}

function podBar(life: PodLife, endMs: number): PodBar {
  const bounded = (spans: readonly Span[]): Span[] => spans.map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, endMs) }));
  return {
    name: life.name,
    version: life.version,
    createdMs: life.createdMs,
    goneMs: life.goneMs,
    deletedMs: life.deletedMs,
    sigtermMs: sigtermMs(life),
    ready: bounded(life.ready),
    sentTo: bounded(life.inViews.length > 0 ? life.inViews : life.endpoint),
    exits: life.exits.map(({ atMs, exitCode }) => ({ atMs, exitCode })),
  };
}

function failureOf({ row, cause, pod, inferred, detail }: Attribution): Failure {
  return {
    id: row.id,
    sentMs: row.sentMs,
    latencyMs: latencyMs(row),
    outcome: outcomeText(row.outcome),
    cause,
    pod,
    inferred,
    detail,
  };
}
