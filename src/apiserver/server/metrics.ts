/** What `/metrics` says: counters and histograms under upstream's names, in Prometheus' text format. */
import type { RequestInfo } from "../request/requestInfo.ts";

const bucketSeconds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60] as const;

interface Histogram {
  readonly labels: string;
  readonly buckets: number[];
  count: number;
  sumSeconds: number;
}

/** A value read when it is asked for. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  read(): Iterable<{ readonly labels: string; readonly value: number }>;
}

/** Labels come from what clients send: only known resources get a series of their own. */
const maxSeries = 5_000;

export class Metrics {
  private readonly requests = new Map<string, number>();
  private readonly durations = new Map<string, Histogram>();
  private readonly gauges: Gauge[] = [];

  addGauge(gauge: Gauge): void {
    this.gauges.push(gauge);
  }

  /** `known`: the path leads to a resource that is served. */
  observe(info: RequestInfo, code: number, seconds: number, known: boolean): void {
    const where = known
      ? `group="${info.group}",version="${info.version}",resource="${info.resource}",subresource="${info.subresource}",scope="${scopeOf(info)}"`
      : 'group="",version="",resource="",subresource="",scope=""';
    const verb = info.isResource ? info.verb.toUpperCase() : info.method;
    const labels = `verb="${known || /^[A-Z]{1,10}$/.test(verb) ? verb : "OTHER"}",${where}`;
    this.count(`code="${code}",${labels}`);
    if (info.verb !== "watch") this.time(labels, seconds);
  }

  private count(labels: string): void {
    const before = this.requests.get(labels);
    if (before === undefined && this.requests.size >= maxSeries) return;
    this.requests.set(labels, (before ?? 0) + 1);
  }

  private time(labels: string, seconds: number): void {
    let histogram = this.durations.get(labels);
    if (histogram === undefined) {
      if (this.durations.size >= maxSeries) return;
      histogram = { labels, buckets: bucketSeconds.map(() => 0), count: 0, sumSeconds: 0 };
      this.durations.set(labels, histogram);
    }
    histogram.count += 1;
    histogram.sumSeconds += seconds;
    const at = bucketSeconds.findIndex((bound) => seconds <= bound);
    if (at >= 0) histogram.buckets[at] = (histogram.buckets[at] ?? 0) + 1;
  }

  text(): string {
    const lines: string[] = [];
    head(lines, "apiserver_request_total", "counter", "Requests by verb, resource and code.");
    for (const [labels, value] of this.requests) lines.push(`apiserver_request_total{${labels}} ${value}`);
    const duration = "apiserver_request_duration_seconds";
    head(lines, duration, "histogram", "Time to answer a request, watches left out.");
    for (const histogram of this.durations.values()) histogramLines(lines, duration, histogram);
    for (const gauge of this.gauges) {
      head(lines, gauge.name, "gauge", gauge.help);
      for (const { labels, value } of gauge.read()) lines.push(`${gauge.name}${labels === "" ? "" : `{${labels}}`} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

function head(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function histogramLines(lines: string[], name: string, histogram: Histogram): void {
  let below = 0;
  for (const [index, bound] of bucketSeconds.entries()) {
    below += histogram.buckets[index] ?? 0;
    lines.push(`${name}_bucket{${histogram.labels},le="${bound}"} ${below}`);
  }
  lines.push(`${name}_bucket{${histogram.labels},le="+Inf"} ${histogram.count}`);
  lines.push(`${name}_sum{${histogram.labels}} ${histogram.sumSeconds}`, `${name}_count{${histogram.labels}} ${histogram.count}`);
}

function scopeOf(info: RequestInfo): string {
  if (info.name !== "") return "resource";
  return info.namespace === "" ? "cluster" : "namespace";
}
