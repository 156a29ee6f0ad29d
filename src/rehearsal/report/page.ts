/**
 * The report as one self-contained page: figures, charts over time that zoom together, the life of each pod with the failed requests on it, causes with
 * their fixes, and every failed request listed. Works from a file, without a network. Its script is pageScript.ts, its looks pageStyle.ts.
 */
import { causeTexts } from "../causeTexts.ts";
import { msText } from "../thresholds.ts";
import { escapeXml } from "./junit.ts";
import type { Report } from "./model.ts";
import { pageScript } from "./pageScript.ts";
import { pageStyle } from "./pageStyle.ts";
import { patchYaml } from "./patchYaml.ts";
import { compareRows } from "./compare.ts";
import { figureRows } from "./figures.ts";

export function reportPage(reports: readonly Report[]): string {
  const [first] = reports;
  const title = `Rehearsal of ${first?.service ?? "nothing"}`;
  const tabs =
    reports.length < 2
      ? ""
      : `<nav>${reports.map(({ strategy }, at) => `<button data-tab="${at}">${escapeXml(strategy)}</button>`).join("")}</nav>`;
  const sections = reports.map((report, at) => section(report, at)).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header><h1>${escapeXml(title)}</h1><p class="when">${escapeXml(first?.startedAt.replace("T", " ").slice(0, 19) ?? "")} UTC · ${escapeXml(first?.where ?? "")}</p></header>
${comparison(reports)}
${tabs}
${sections}
</main>
<script type="application/json" id="data">${embedded(reports)}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

/** What the script draws: no `<` may stand in it. */
function embedded(reports: readonly Report[]): string {
  const data = reports.map(({ series, pods, failures, marks, timeline }) => ({ series, pods, failures, marks, timeline }));
  const titles = Object.fromEntries(Object.entries(causeTexts).map(([cause, { title }]) => [cause, title]));
  return JSON.stringify({ titles, reports: data }).replaceAll("<", "\\u003c");
}

function section(report: Report, at: number): string {
  return `<section class="report" data-report="${at}">
${verdict(report)}
<div class="tiles">${tiles(report)}</div>
<h2>Over time</h2>
<p class="hint">Drag over a chart to zoom all of them, double-click to see everything again.</p>
<div class="charts"></div>
<h2>Pods</h2>
<p class="hint legend"><i class="k-exists"></i>exists <i class="k-sent"></i>nodes send to it <i class="k-ready"></i>ready <i class="k-leaving"></i>leaving <b class="k-term">▼</b>SIGTERM <b class="k-exit">✕</b>process ended <b class="k-fail">●</b>failed request</p>
<div class="lanes"></div>
${causeSection(report)}
${fixSection(report)}
<h2>Details</h2>
<table class="figures">${figureRows(report)
    .map(([name, text]) => `<tr><th>${escapeXml(name)}</th><td>${escapeXml(text)}</td></tr>`)
    .join("")}</table>
<h2>Failed requests</h2>
<div class="failures"></div>
${report.failuresLeftOut === 0 ? "" : `<p class="hint">${report.failuresLeftOut} further ones are in the ledger.</p>`}
<h2>What the cluster did</h2>
<div class="timeline"></div>
</section>`;
}

function verdict(report: Report): string {
  const kept = report.limits
    .filter((each) => each.kept)
    .map(({ option, limit, measured }) => `<li class="good">${escapeXml(option)} ${escapeXml(limit)}: it was ${escapeXml(measured)}</li>`);
  const broken = report.problems.map((problem) => `<li class="bad">${escapeXml(problem)}</li>`);
  const words = report.passed ? (report.failed === 0 ? "No request failed" : `${report.failed} requests failed`) : "Not good enough";
  const list = broken.length + kept.length === 0 ? "" : `<ul>${broken.join("")}${kept.join("")}</ul>`;
  return `<div class="verdict ${report.passed && report.failed === 0 ? "good" : report.passed ? "warn" : "bad"}"><strong>${escapeXml(words)}</strong> <span>${escapeXml(report.strategy)}</span>${list}</div>`;
}

function tiles(report: Report): string {
  const share = report.requests === 0 ? 0 : (report.failed / report.requests) * 100;
  const all: (readonly [string, string, string])[] = [
    [String(report.failed), `of ${report.requests} requests failed`, `${share.toFixed(2)} %`],
    [msText(report.latency.p99Ms), "99th percentile", `median ${msText(report.latency.p50Ms)}`],
    [
      report.mixedMs === undefined ? "unknown" : msText(report.mixedMs),
      "two versions at once",
      report.versions.map(({ name }) => name).join(", "),
    ],
    [
      report.completeMs === undefined ? "never" : msText(report.completeMs),
      "to complete",
      report.rollback === undefined ? "" : `${msText(report.rollback.tookMs)} to roll back`,
    ],
    [`+${report.extraPods}`, "pods at the peak", `${report.usualPods} usually`],
    [msText(report.propagation.maxMs), "until all nodes knew", `profile ${report.propagation.profile}`],
  ];
  return all
    .map(
      ([value, name, more]) =>
        `<div class="tile"><b>${escapeXml(value)}</b><span>${escapeXml(name)}</span><small>${escapeXml(more)}</small></div>`,
    )
    .join("");
}

function causeSection(report: Report): string {
  if (report.causes.length === 0) return "";
  const cards = report.causes.map(({ cause, name, count, explanation, inferred, details }) => {
    const share = (count / report.failed) * 100;
    const list = details.map((detail) => `<li>${detail.count} × ${escapeXml(detail.name)}</li>`).join("");
    const note = inferred === 0 ? "" : `<small>the pods of ${inferred} are inferred</small>`;
    return `<article class="cause" data-cause="${cause}"><h3><b>${count}</b> ${escapeXml(name)}</h3><div class="bar"><i style="width:${share.toFixed(1)}%"></i></div><p>${escapeXml(explanation)}</p><ul>${list}</ul>${note}</article>`;
  });
  return `<h2>Why they failed</h2><div class="causes">${cards.join("")}</div>`;
}

function fixSection(report: Report): string {
  if (report.fixes.length === 0) return "";
  const items = report.fixes.map(({ title, reason, change }) => {
    const patch = change.type === "patch" ? `<pre>${escapeXml(`# deployment/${change.deployment}\n${patchYaml(change.patch)}`)}</pre>` : "";
    return `<li><h3>${escapeXml(title)}</h3><p>${escapeXml(reason)}</p>${patch}</li>`;
  });
  return `<h2>What to change</h2><ol class="fixes">${items.join("")}</ol>`;
}

function comparison(reports: readonly Report[]): string {
  if (reports.length < 2) return "";
  const [head = [], ...rows] = compareRows(reports);
  return `<table class="compare"><thead><tr>${cells("th", head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("")}</tbody></table>`;
}

function cells(tag: "th" | "td", row: readonly string[]): string {
  return row.map((cell, at) => (at === 0 ? `<th>${escapeXml(cell)}</th>` : `<${tag}>${escapeXml(cell)}</${tag}>`)).join("");
}
