/** What the report's page does by itself: draws the charts and lanes, zooms them together, lists what falls into the range. Plain browser script. */
export const pageScript: string = String.raw`
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const NS = "http://www.w3.org/2000/svg", LEFT = 46, RIGHT = 8;
// The pictures are as wide as their place, so that their letters keep their size.
let W = 1060;
const css = (name) => "var(--" + name + ")";
const seconds = (ms) => (ms / 1000).toFixed(Math.abs(ms) < 9950 ? 2 : 1) + " s";
function el(parent, name, attrs, text) {
  const made = document.createElementNS(NS, name);
  for (const key in attrs) made.setAttribute(key, attrs[key]);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}
function html(parent, name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}
function nice(most) {
  const power = Math.pow(10, Math.floor(Math.log10(Math.max(most, 1))));
  return [1, 2, 2.5, 5, 10].map((f) => f * power).find((top) => top >= most) || 1;
}
function step(range) {
  const rough = range / Math.max(3, Math.min(8, Math.floor(W / 90))), power = Math.pow(10, Math.floor(Math.log10(rough)));
  return [1, 2, 5, 10].map((f) => f * power).find((each) => each >= rough);
}
class View {
  constructor(section, report) {
    this.section = section; this.report = report; this.from = 0; this.to = report.marks.endMs;
    this.cause = "";
    this.draw();
  }
  x(ms) { return LEFT + ((ms - this.from) / (this.to - this.from)) * (W - LEFT - RIGHT); }
  time(event, svg) {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * W;
    return this.from + ((x - LEFT) / (W - LEFT - RIGHT)) * (this.to - this.from);
  }
  draw() {
    const wide = this.section.clientWidth - 26;
    if (wide > 0) W = Math.max(300, wide);
    const charts = this.section.querySelector(".charts"), lanes = this.section.querySelector(".lanes");
    charts.textContent = ""; lanes.textContent = "";
    const { series } = this.report, perSecond = 1000 / series.stepMs;
    const points = series.points.filter((p) => p.atMs + series.stepMs >= this.from && p.atMs <= this.to);
    const stacked = series.versions.map((version, i) => ({ name: version || "answers", colour: css("v" + (i % 4)), of: (p) => p.answers[i] * perSecond }));
    stacked.push({ name: "failed", colour: css("fail"), of: (p) => p.failed * perSecond });
    this.chart(charts, "requests a second", points, stacked, "stack");
    this.chart(charts, "pods", points, [
      { name: "exist", colour: css("v0"), of: (p) => p.pods },
      { name: "ready endpoints", colour: css("v1"), of: (p) => p.readyPods },
    ], "steps");
    this.chart(charts, "p99 of the answers, ms", points, [{ name: "p99", colour: css("v2"), of: (p) => p.p99Ms }], "steps", true);
    this.lanes(lanes);
    this.lists();
  }
  frame(parent, height, title) {
    const svg = el(parent, "svg", { viewBox: "0 0 " + W + " " + height, role: "img", "aria-label": title });
    let from = null, box = null;
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      from = this.time(event, svg);
      box = el(svg, "rect", { y: 0, height, width: 0, x: this.x(from), fill: css("accent"), opacity: 0.15 });
    });
    svg.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const a = this.x(from), b = this.x(this.time(event, svg));
      box.setAttribute("x", Math.min(a, b)); box.setAttribute("width", Math.abs(a - b));
    });
    svg.addEventListener("pointercancel", () => {
      from = null;
      if (box !== null) box.remove();
    });
    svg.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const to = this.time(event, svg), least = Math.min(from, to), most = Math.max(from, to);
      from = null; box.remove();
      if (most - least < 20) return;
      this.from = Math.max(0, least); this.to = Math.min(this.report.marks.endMs, most); this.draw();
    });
    svg.addEventListener("dblclick", () => { this.from = 0; this.to = this.report.marks.endMs; this.draw(); });
    return svg;
  }
  marks(svg, top, bottom) {
    const { marks } = this.report;
    const lines = [[marks.changeMs, "change"], [marks.doneMs, "done"], [marks.rollbackMs, "back"], [marks.rolledBackMs, "rolled back"]];
    for (const [ms, name] of lines) {
      if (ms === undefined || ms === null || ms < this.from || ms > this.to) continue;
      el(svg, "line", { x1: this.x(ms), x2: this.x(ms), y1: top, y2: bottom, stroke: css("soft"), "stroke-dasharray": "3 3" });
      el(svg, "text", { x: this.x(ms) + 3, y: top + 10, class: "mark" }, name);
    }
  }
  axis(svg, y) {
    const every = step(this.to - this.from);
    for (let at = Math.ceil(this.from / every) * every; at <= this.to; at += every) {
      el(svg, "line", { x1: this.x(at), x2: this.x(at), y1: y, y2: y + 4, stroke: css("soft") });
      el(svg, "text", { x: this.x(at), y: y + 15, "text-anchor": "middle" }, +(at / 1000).toFixed(2) + " s");
    }
  }
  chart(parent, title, points, lines, kind, last) {
    const height = last ? 120 : 150, top = 22, bottom = height - 22;
    const svg = this.frame(parent, height, title);
    const total = (p) => lines.reduce((sum, line) => sum + line.of(p), 0);
    const most = nice(Math.max(1, ...points.map((p) => (kind === "stack" ? total(p) : Math.max(...lines.map((line) => line.of(p)))))));
    const y = (value) => bottom - (value / most) * (bottom - top);
    const whole = kind === "steps" && !last;
    for (const share of whole && most % 2 ? [0, 1] : [0, 0.5, 1]) {
      el(svg, "line", { x1: LEFT, x2: W - RIGHT, y1: y(most * share), y2: y(most * share), stroke: css("line") });
      el(svg, "text", { x: LEFT - 6, y: y(most * share) + 4, "text-anchor": "end" }, +(most * share).toFixed(1));
    }
    let place = LEFT;
    el(svg, "text", { x: place, y: 12 }, title);
    place += title.length * 6.2 + 18;
    for (const line of lines) {
      el(svg, "rect", { x: place, y: 4, width: 10, height: 9, rx: 2, fill: line.colour });
      el(svg, "text", { x: place + 14, y: 12 }, line.name);
      place += 14 + line.name.length * 6.2 + 16;
    }
    const stepMs = this.report.series.stepMs, clip = (ms) => Math.min(Math.max(this.x(ms), LEFT), W - RIGHT);
    for (const p of points) {
      let base = 0;
      const x1 = clip(p.atMs), x2 = clip(p.atMs + stepMs);
      if (kind === "stack") for (const line of lines) {
        const value = line.of(p);
        if (value > 0) el(svg, "rect", { x: x1, width: Math.max(0.5, x2 - x1 - 0.3), y: y(base + value), height: Math.max(y(base) - y(base + value), line.name === "failed" ? 2 : 0), fill: line.colour });
        base += value;
      }
    }
    if (kind === "steps") for (const line of lines) {
      const path = points.map((p, i) => (i ? "L" : "M") + clip(p.atMs) + " " + y(line.of(p)) + "L" + clip(p.atMs + stepMs) + " " + y(line.of(p))).join("");
      el(svg, "path", { d: path, fill: "none", stroke: line.colour, "stroke-width": 2 });
    }
    this.marks(svg, top, bottom);
    this.axis(svg, bottom);
    const tip = el(svg, "title", {}, "");
    svg.addEventListener("mousemove", (event) => {
      const ms = this.time(event, svg), p = points.find((each) => each.atMs <= ms && ms < each.atMs + stepMs);
      if (p) tip.textContent = seconds(p.atMs) + "\n" + lines.map((line) => line.name + ": " + +line.of(p).toFixed(1)).join("\n");
    });
  }
  lanes(parent) {
    const row = 18, top = 8, pods = this.report.pods.filter((pod) => pod.createdMs <= this.to && (pod.goneMs ?? Infinity) >= this.from);
    const bottom = top + pods.length * row, svg = this.frame(parent, bottom + 22, "pods");
    const order = this.report.series.versions, at = new Map();
    const pattern = el(el(svg, "defs", {}), "pattern", { id: "leaving", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    el(pattern, "rect", { width: 2, height: 5, fill: css("soft") });
    const clip = (ms) => Math.min(Math.max(this.x(ms), LEFT), W - RIGHT);
    const bar = (fromMs, toMs, y, height, attrs) => { const x = clip(fromMs), width = clip(toMs) - x; if (width > 0) el(svg, "rect", Object.assign({ x, width, y, height, rx: 2 }, attrs)); };
    pods.forEach((pod, index) => {
      const y = top + index * row, end = pod.goneMs ?? this.report.marks.endMs;
      const colour = css("v" + (Math.max(0, order.indexOf(pod.version)) % 4));
      at.set(pod.name, y);
      bar(pod.createdMs, end, y + 4, 9, { fill: css("line") });
      for (const span of pod.ready) bar(span.fromMs, span.toMs, y + 4, 9, { fill: colour });
      if (pod.deletedMs !== undefined) bar(pod.deletedMs, end, y + 4, 9, { fill: "url(#leaving)" });
      for (const span of pod.sentTo) bar(span.fromMs, span.toMs, y + 2, 13, { fill: "none", stroke: css("ink"), "stroke-width": 1.2 });
      const sign = (ms, text, name) => { if (ms !== undefined && ms >= this.from && ms <= this.to) el(svg, "text", { x: this.x(ms), y: y + 13, "text-anchor": "middle", style: "fill:" + css(name) + ";font-weight:700" }, text); };
      sign(pod.sigtermMs, "▼", "warn");
      for (const exit of pod.exits) sign(exit.atMs, "✕", "ink");
      el(svg, "text", { class: "pod", x: LEFT - 6, y: y + 12, "text-anchor": "end" }, pod.name.slice(-5)).appendChild(document.createElementNS(NS, "title")).textContent = pod.name + " " + pod.version;
    });
    for (const failure of this.report.failures) {
      const y = at.get(failure.pod);
      if (y === undefined || failure.sentMs < this.from || failure.sentMs > this.to) continue;
      const dot = el(svg, "circle", { cx: this.x(failure.sentMs), cy: y + 8.5, r: 2.4, fill: css("fail"), opacity: 0.75 });
      el(dot, "title", {}, seconds(failure.sentMs) + ": " + failure.outcome + ", " + failure.detail);
    }
    this.marks(svg, 0, bottom);
    this.axis(svg, bottom);
  }
  lists() {
    const within = (ms) => ms >= this.from && ms <= this.to;
    const failures = this.report.failures.filter((each) => within(each.sentMs) && (this.cause === "" || each.cause === this.cause));
    const parent = this.section.querySelector(".failures");
    parent.textContent = "";
    const kinds = [...new Set(this.report.failures.map((each) => each.cause))];
    if (kinds.length > 1) {
      const select = html(parent, "select");
      html(select, "option", "", "all causes").value = "";
      for (const kind of kinds) html(select, "option", "", data.titles[kind]).value = kind;
      select.value = this.cause;
      select.onchange = () => { this.cause = select.value; this.lists(); };
    }
    this.table(parent, ["sent", "took", "outcome", "pod", "why"], failures.slice(0, 500).map((f) => [seconds(f.sentMs), f.latencyMs.toFixed(0) + " ms", f.outcome, f.pod + (f.inferred ? " (inferred)" : ""), data.titles[f.cause] + ": " + f.detail]), "No request failed" + (this.report.failures.length ? " in this range." : "."));
    if (failures.length > 500) html(parent, "p", "hint", failures.length - 500 + " more in this range: zoom in.");
    const list = this.section.querySelector(".timeline");
    list.textContent = "";
    this.table(list, ["at", "what"], this.report.timeline.filter((each) => within(each.atMs)).slice(0, 800).map((each) => [seconds(each.atMs), each.text]), "Nothing happened in this range.");
  }
  table(parent, head, rows, none) {
    if (rows.length === 0) { html(parent, "p", "none", none); return; }
    const table = html(html(parent, "div", "scroll"), "table"), top = html(html(table, "thead"), "tr"), body = html(table, "tbody");
    for (const name of head) html(top, "th", "", name);
    for (const row of rows) { const line = html(body, "tr"); row.forEach((cell, i) => html(line, "td", i === 0 || (head.length > 2 && i === 1) ? "num" : "", cell)); }
  }
}
const sections = [...document.querySelectorAll(".report")], tabs = [...document.querySelectorAll("nav button")];
const views = sections.map((section, i) => new View(section, data.reports[i]));
function show(index) {
  sections.forEach((section, i) => { section.hidden = i !== index; });
  tabs.forEach((tab, i) => tab.classList.toggle("on", i === index));
}
tabs.forEach((tab, i) => { tab.onclick = () => { show(i); views[i].draw(); }; });
if (tabs.length) show(0);
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  views.forEach((view) => view.draw());
});
`;
