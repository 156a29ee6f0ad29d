/**
 * Cron schedules: five fields, or a descriptor such as `@daily` or `@every 1h`. Read into the sets of minutes, hours, days, months and
 * weekdays at which they are due. Upstream: github.com/robfig/cron (ParseStandard), whose messages these are
 */
import { goQuote } from "../../../machinery/goText.ts";
import { parseGoDuration } from "../../../machinery/time.ts";

export type Schedule =
  | { readonly everyMs: number }
  | {
      readonly minutes: ReadonlySet<number>;
      readonly hours: ReadonlySet<number>;
      readonly days: ReadonlySet<number>;
      readonly months: ReadonlySet<number>;
      readonly weekdays: ReadonlySet<number>;
      /** Whether days or weekdays were left open: then both must fit, else either. */
      readonly anyDay: boolean;
    };

/** A text that is no schedule. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const fields = {
  minutes: { min: 0, max: 59, names: [] },
  hours: { min: 0, max: 23, names: [] },
  days: { min: 1, max: 31, names: [] },
  months: { min: 1, max: 12, names: monthNames },
  weekdays: { min: 0, max: 6, names: dayNames },
} satisfies Record<string, Bounds>;

const descriptors: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Throws ScheduleError. */
export function parseSchedule(text: string): Schedule {
  if (text === "") throw new ScheduleError("empty spec string");
  if (text.startsWith("@every ")) return every(text);
  const spec = text.startsWith("@") ? descriptors[text] : text;
  if (spec === undefined) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const words = spec.split(/\s+/).filter((word) => word !== "");
  if (words.length !== 5) throw new ScheduleError(`expected exactly 5 fields, found ${words.length}: [${words.join(" ")}]`);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = words;
  return {
    minutes: fieldOf(minute, fields.minutes),
    hours: fieldOf(hour, fields.hours),
    days: fieldOf(day, fields.days),
    months: fieldOf(month, fields.months),
    weekdays: fieldOf(weekday, fields.weekdays),
    anyDay: /^[*?]/.test(day) || /^[*?]/.test(weekday),
  };
}

function every(text: string): Schedule {
  const duration = text.slice("@every ".length);
  const everyMs = parseGoDuration(duration);
  if (everyMs === undefined) {
    throw new ScheduleError(`failed to parse duration ${text}: time: invalid duration ${goQuote(duration)}`);
  }
  return { everyMs: Math.max(1000, Math.floor(everyMs / 1000) * 1000) };
}

function fieldOf(text: string, bounds: Bounds): Set<number> {
  const parts = text.split(",").filter((part) => part !== "");
  return new Set(parts.flatMap((part) => rangeOf(part, bounds)));
}

/** `*`, `5`, `1-5`, each with an optional `/step`. */
function rangeOf(text: string, bounds: Bounds): number[] {
  const [range = "", stepText, ...tooManySlashes] = text.split("/");
  const [low = "", high, ...tooManyHyphens] = range.split("-");
  if (tooManySlashes.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  if (tooManyHyphens.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
  const open = low === "*" || low === "?";
  const start = open ? bounds.min : numberOf(low, bounds);
  const step = stepText === undefined ? 1 : numberOf(stepText, { ...bounds, names: [] });
  const last = stepText === undefined ? start : bounds.max;
  const end = open ? bounds.max : high === undefined ? last : numberOf(high, bounds);
  refuseRange(start, end, bounds, text);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step);
}

function refuseRange(start: number, end: number, { min, max }: Bounds, text: string): void {
  if (start < min) throw new ScheduleError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  if (end > max) throw new ScheduleError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
}

function numberOf(text: string, { names, min }: Bounds): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + min;
  if (/^-\d+$/.test(text)) throw new ScheduleError(`negative number (${text}) not allowed: ${text}`);
  if (/^\+?\d{1,9}$/.test(text)) return Number(text);
  throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
}
