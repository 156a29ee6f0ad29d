/** Several rehearsals of one change side by side: one row each, the first row the headings. Pure. */
import { msText } from "../thresholds.ts";
import type { Report } from "./model.ts";

export function compareRows(reports: readonly Report[]): string[][] {
  const head = ["strategy", "requests failed", "two versions at once", "extra pods at peak", "time to complete", "time to roll back"];
  return [
    head,
    ...reports.map((report) => {
      const share = report.requests === 0 ? 0 : (report.failed / report.requests) * 100;
      return [
        report.strategy,
        `${report.failed} of ${report.requests} (${share.toFixed(2)} %)`,
        report.mixedMs === undefined ? "unknown" : msText(report.mixedMs),
        String(report.extraPods),
        report.completeMs === undefined ? "not completed" : msText(report.completeMs),
        report.rollback === undefined ? "not taken" : msText(report.rollback.tookMs),
      ];
    }),
  ];
}

/** Columns padded, two spaces between them. */
export function compareText(reports: readonly Report[]): string {
  const rows = compareRows(reports);
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
