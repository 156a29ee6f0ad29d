/** The report for a terminal: verdict, figures, plots over time, causes, fixes. */
import { msText } from "../thresholds.ts";
import { figureRows } from "./figures.ts";
import type { Report } from "./model.ts";
import { patchYaml } from "./patchYaml.ts";

const plotWidth = 72;
const bars = " ▁▂▃▄▅▆▇█";

export interface TextStyle {
  readonly bold: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly good: (text: string) => string;
  readonly dim: (text: string) => string;
}
const plainly = (text: string): string => text;
export const plain: TextStyle = { bold: plainly, bad: plainly, good: plainly, dim: plainly };
const ansi =
  (code: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[0m`;
export const coloured: TextStyle = { bold: ansi(1), bad: ansi(31), good: ansi(32), dim: ansi(2) };

export function reportText(report: Report, style: TextStyle = plain): string {
  return [verdict(report, style), figures(report), plots(report, style), causes(report, style), fixes(report, style)]
    .filter((part) => part !== "")
    .join("\n");
}

function verdict(report: Report, style: TextStyle): string {
  const share = report.requests === 0 ? 0 : (report.failed / report.requests) * 100;
  const count = `${report.failed} of ${report.requests} requests failed (${share.toFixed(share < 0.1 && share > 0 ? 3 : 2)} %)`;
  const head = `${style.bold(`Rehearsal of ${report.service}, ${report.strategy}`)}: ${report.failed === 0 ? style.good(count) : style.bad(count)}\n`;
  return (
    head +
    report.problems.map((problem) => `${style.bad(" ✗")} ${problem}\n`).join("") +
    report.limits
      .filter(({ kept }) => kept)
      .map(({ option, limit, measured }) => `${style.good(" ✓")} ${option} ${limit}: it was ${measured}\n`)
      .join("")
  );
}

function figures(report: Report): string {
  const rows = figureRows(report);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join("");
}

/** One line for each version, for failures and for ready pods, over the same time. */
function plots({ series, marks }: Report, style: TextStyle): string {
  const { points, versions } = series;
  const columns = Math.min(plotWidth, points.length);
  const at = (column: number): readonly (typeof points)[number][] =>
    points.slice(Math.floor((column * points.length) / columns), Math.max(1, Math.floor(((column + 1) * points.length) / columns)));
  const lines: { name: string; values: number[]; note: (most: number) => string }[] = versions.map((version, index) => ({
    name: version === "" ? "answers" : version,
    values: Array.from({ length: columns }, (_, column) => {
      const all = sum(at(column).flatMap(({ answers }) => answers));
      return all === 0 ? 0 : sum(at(column).map(({ answers }) => answers[index] ?? 0)) / all;
    }),
    note: () => "share of the answers",
  }));
  lines.push(
    {
      name: "failed",
      values: Array.from({ length: columns }, (_, column) => sum(at(column).map(({ failed }) => failed))),
      note: (most) => `up to ${most} in a step`,
    },
    {
      name: "ready pods",
      values: Array.from({ length: columns }, (_, column) => Math.min(...at(column).map(({ readyPods }) => readyPods))),
      note: (most) => `up to ${most}`,
    },
  );
  const width = Math.max(...lines.map(({ name }) => name.length));
  const rows = lines.map(({ name, values, note }) => {
    const most = Math.max(...values);
    const drawn = values
      .map(
        (value) =>
          bars[
            most === 0
              ? 0
              : value === 0
                ? 0
                : Math.max(1, Math.round((value / (name === "failed" || name === "ready pods" ? most : 1)) * 8))
          ] ?? " ",
      )
      .join("");
    return `  ${name.padEnd(width)}  │${name === "failed" && most > 0 ? style.bad(drawn) : drawn}│ ${style.dim(note(most))}\n`;
  });
  const mark = Array.from({ length: columns }, () => " ");
  const place = (atMs: number | undefined, sign: string): void => {
    if (atMs !== undefined) mark[Math.min(columns - 1, Math.floor((atMs / Math.max(1, marks.endMs)) * columns))] = sign;
  };
  place(marks.rolledBackMs, "]");
  place(marks.rollbackMs, "[");
  place(marks.doneMs, "<");
  place(marks.changeMs, ">");
  const legend = style.dim(
    `${msText(marks.endMs)} in all; > change begins, < is done${marks.rollbackMs === undefined ? "" : ", [ ] the way back"}`,
  );
  return `${rows.join("")}  ${" ".repeat(width)}   ${mark.join("")}  ${legend}\n`;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function causes(report: Report, style: TextStyle): string {
  if (report.causes.length === 0) return "";
  const rows = report.causes.map(({ name, count, explanation, inferred, details }) => {
    const share = `${((count / report.failed) * 100).toFixed(0)} %`;
    const seen = inferred === 0 ? "" : inferred === count ? " (pods inferred)" : ` (pods of ${inferred} inferred)`;
    const lines = details.map((detail) => `      ${style.dim(`${detail.count} × ${detail.name}`)}\n`).join("");
    return `  ${style.bold(`${count} (${share}) ${name}`)}${seen}\n      ${explanation}\n${lines}`;
  });
  return `${style.bold("Why they failed")}\n${rows.join("")}`;
}

function fixes(report: Report, style: TextStyle): string {
  if (report.fixes.length === 0) return "";
  const rows = report.fixes.map((fix, at) => {
    const patch = fix.change.type === "patch" ? indented(`# deployment/${fix.change.deployment}\n${patchYaml(fix.change.patch)}`, 6) : "";
    return `  ${at + 1}. ${style.bold(fix.title)}\n      ${fix.reason}\n${patch}`;
  });
  return `${style.bold("What to change")}\n${rows.join("")}`;
}

function indented(text: string, by: number): string {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `${" ".repeat(by)}${line}\n`)
    .join("");
}
