/** The report as JUnit XML, for build servers: a suite for each rehearsal, with a case for the change itself and one for each limit. Causes are in its output. */
import { msText } from "../thresholds.ts";
import type { Report } from "./model.ts";

interface Case {
  readonly name: string;
  /** Undefined: passed. */
  readonly failure: string | undefined;
}

export function junitXml(reports: readonly Report[]): string {
  const suites = reports.map(suiteOf);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("")}</testsuites>\n`;
}

function suiteOf(report: Report): string {
  const cases = casesOf(report);
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = (report.marks.endMs / 1000).toFixed(3);
  const name = `rehearsal of ${report.service}, ${report.strategy}`;
  const head = `  <testsuite name="${escapeXml(name)}" tests="${cases.length}" failures="${failures}" time="${seconds}" timestamp="${report.startedAt.slice(0, 19)}">\n`;
  const body = cases.map(({ name: title, failure }) => {
    const open = `    <testcase classname="${escapeXml(name)}" name="${escapeXml(title)}"`;
    return failure === undefined ? `${open}/>\n` : `${open}>\n      <failure message="${escapeXml(failure)}"/>\n    </testcase>\n`;
  });
  return `${head}${body.join("")}    <system-out>${escapeXml(summary(report))}</system-out>\n  </testsuite>\n`;
}

function casesOf(report: Report): Case[] {
  const limits = report.limits.map(({ option, limit, measured, kept }): Case => {
    return { name: `${option} ${limit}`, failure: kept ? undefined : `it was ${measured}` };
  });
  const broken = report.limits.filter(({ kept }) => !kept).length;
  const others = report.problems.slice(0, report.problems.length - broken);
  return [{ name: "the change is rehearsed to its end", failure: others.length === 0 ? undefined : others.join("; ") }, ...limits];
}

function summary(report: Report): string {
  const causes = report.causes.map(({ count, name }) => `${count} ${name}`).join("; ");
  return `${report.failed} of ${report.requests} requests failed${causes === "" ? "" : `: ${causes}`}. p99 ${msText(report.latency.p99Ms)}.`;
}

export function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const allowed = Array.from(text, (sign) => (sign >= " " || "\t\n\r".includes(sign) ? sign : "")).join("");
  return allowed.replaceAll(/[&<>"']/g, (sign) => named[sign] ?? sign);
}
