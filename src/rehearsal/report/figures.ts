/** The figures of a report as pairs of name and text, for the terminal and the page. Pure. */
import { msText } from "../thresholds.ts";
import type { Report } from "./model.ts";

export function figureRows(report: Report): (readonly [string, string])[] {
  const { latency, load, propagation, expectation } = report;
  const connections = load.keepAlive === 0 ? "a new connection each" : `${load.keepAlive} kept-alive connections`;
  const rows: (readonly [string, string])[] = [
    ["load", `${load.method} ${load.target}, ${load.ratePerSecond} a second (${load.arrivals}), ${connections}`],
    ["latency", `p50 ${msText(latency.p50Ms)}, p90 ${msText(latency.p90Ms)}, p99 ${msText(latency.p99Ms)}, most ${msText(latency.maxMs)}`],
    ["before the change", `${report.earlier.failed} of ${report.earlier.requests} requests failed, p99 ${msText(report.earlier.p99Ms)}`],
    ["two versions at once", report.mixedMs === undefined ? "unknown: answers name no version" : msText(report.mixedMs)],
    ["pods", `${report.usualPods} usually, ${report.extraPods} more at the peak`],
    ["time to complete", report.completeMs === undefined ? "not completed" : msText(report.completeMs)],
  ];
  if (report.rollback !== undefined) {
    rows.push(["time to roll back", `${msText(report.rollback.tookMs)}, ${report.rollback.failed} requests failed`]);
  }
  rows.push(["propagation", propagationText(propagation)]);
  if (propagation.source === "views" && report.load.fromOutside) {
    rows.push([
      "on paper",
      `${Math.round(expectation.staleExpected)} requests to stale endpoints expected, ${expectation.staleMeasured} counted`,
    ]);
  }
  rows.push(["load generator", generatorText(load.health)], ["where", report.where]);
  return rows;
}

function generatorText({ ceilingPerSecond, lateShare, worstLateMs }: Report["load"]["health"]): string {
  const tried = ceilingPerSecond === Infinity ? "in virtual time, without a limit" : `managed ${ceilingPerSecond} a second when tried`;
  return `${tried}; ${(lateShare * 100).toFixed(2)} % left late, at most ${msText(worstLateMs)}`;
}

function propagationText({ profile, source, count, p50Ms, maxMs }: Report["propagation"]): string {
  if (source === "none") return `profile ${profile}; nothing was sent to a pod after its deletion`;
  const how = source === "views" ? "as the data plane tells" : "as the requests tell";
  return `profile ${profile}; ${count} removals reached all nodes after ${msText(p50Ms)} (median), ${msText(maxMs)} at most, ${how}`;
}
