/** What may not be exceeded: each limit with what was measured. One broken limit fails the build. Pure. */
export interface Limits {
  readonly maxFailed?: number | undefined;
  readonly maxP99Ms?: number | undefined;
  readonly maxMixedMs?: number | undefined;
  readonly maxExtraPods?: number | undefined;
}

export interface Measured {
  readonly failed: number;
  readonly p99Ms: number;
  /** Undefined: versions weren't known. */
  readonly mixedMs: number | undefined;
  readonly extraPods: number;
}

export interface LimitResult {
  /** The option, e.g. `--max-failed`. */
  readonly option: string;
  readonly limit: string;
  readonly measured: string;
  readonly kept: boolean;
}

export function checkLimits(limits: Limits, measured: Measured): LimitResult[] {
  const results: LimitResult[] = [];
  const check = (option: string, limit: number | undefined, value: number | undefined, text: (value: number) => string): void => {
    if (limit === undefined) return;
    const kept = value !== undefined && value <= limit;
    results.push({ option, limit: text(limit), measured: value === undefined ? "unknown" : text(value), kept });
  };
  check("--max-failed", limits.maxFailed, measured.failed, String);
  check("--max-p99", limits.maxP99Ms, measured.p99Ms, msText);
  check("--max-mixed-time", limits.maxMixedMs, measured.mixedMs, msText);
  check("--max-extra-pods", limits.maxExtraPods, measured.extraPods, String);
  return results;
}

/** `840 ms`, `12.3 s`, `2 min 5 s`. */
export function msText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

const durationForm = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `1.5s`, `2m` in milliseconds; undefined: it is something else. */
export function parseDuration(text: string): number | undefined {
  const [, number = "", unit = ""] = durationForm.exec(text) ?? [];
  const factor = unitMs[unit];
  return factor === undefined ? undefined : Number(number) * factor;
}
