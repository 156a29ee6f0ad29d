/**
 * Times and durations as the API writes them: RFC 3339 in whole seconds or microseconds, Go durations, and the short
 * durations of kubectl's columns. Instants are milliseconds since the epoch.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go, Go's time.ParseDuration
 */

/** metav1.Time: `2026-01-02T03:04:05Z`. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** metav1.MicroTime: `2026-01-02T03:04:05.678000Z`. */
export function rfc3339Micro(ms: number): string {
  const micros = Math.round(ms * 1000);
  const whole = Math.floor(micros / 1000);
  return `${new Date(whole).toISOString().slice(0, 23)}${String(micros - whole * 1000).padStart(3, "0")}Z`;
}

const rfc3339Form = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})([.,]\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch (with a fraction for microseconds), or undefined when it is no RFC 3339 time. */
export function parseTime(text: string): number | undefined {
  const match = rfc3339Form.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const base = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const check = new Date(base);
  if (check.getUTCMonth() + 1 !== Number(month) || check.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const fractionMs = fraction === "" ? 0 : Number(`0.${fraction.slice(1)}`) * 1000;
  return base + fractionMs - zoneOffsetMs(zone);
}

function zoneOffsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith("-") ? -1 : 1) * minutes * 60_000;
}

/** The instant of an optional API time; undefined where absent or unreadable. */
export function timeMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTime(text);
}

const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A Go duration such as `1h2m3.5s`, in milliseconds; undefined when malformed. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, body = ""] = match;
  let ns = 0;
  for (const [, amount, unit = ""] of body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g))
    ns += Number(amount) * (unitNs[unit] ?? 0);
  return ((sign === "-" ? -1 : 1) * ns) / 1e6;
}

/** Milliseconds as Go prints a time.Duration: `1h2m3.5s`, `100ms`, `0s`. */
export function goDuration(ms: number): string {
  const ns = Math.round(Math.abs(ms) * 1e6);
  const sign = ms < 0 && ns > 0 ? "-" : "";
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${ns / 1e3}µs`;
  if (ns < 1e9) return `${sign}${ns / 1e6}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor((ns % 3600e9) / 60e9);
  const seconds = (ns % 60e9) / 1e9;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${sign}${head}${Number(seconds.toFixed(9))}s`;
}

/** The short form of ages in tables: `5s`, `2m30s`, `3h`, `4d`, `2y10d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, "d", hours % 24, "h");
  const years = Math.floor(hours / 24 / 365);
  if (years < 2) return `${days}d`;
  if (years < 8) return withRest(years, "y", days % 365, "d");
  return `${years}y`;
}

function withRest(amount: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${amount}${unit}` : `${amount}${unit}${rest}${restUnit}`;
}

/** What a Date column shows for `text`: its age, or `<unknown>` where there is none. */
export function age(text: string | undefined, now: number): string {
  const at = timeMs(text);
  return at === undefined ? "<unknown>" : humanDuration(now - at);
}
