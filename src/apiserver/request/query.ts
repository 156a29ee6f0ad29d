/**
 * The query string of a request and the typed reading of its parameters, with the leniency of upstream's parameter codec:
 * a malformed pair is dropped, any text but `false` and `0` is true.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/converter.go, Go's net/url
 */
import { badRequest } from "../../machinery/status.ts";

export class Query {
  private readonly raw: string;
  private parsed: Map<string, string[]> | undefined;

  constructor(raw: string) {
    this.raw = raw;
  }

  get empty(): boolean {
    return this.raw === "";
  }

  all(name: string): readonly string[] {
    if (this.raw === "") return [];
    this.parsed ??= parse(this.raw);
    return this.parsed.get(name) ?? [];
  }

  /** The first value, or undefined. */
  text(name: string): string | undefined {
    return this.all(name)[0];
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    return value !== "0" && value.toLowerCase() !== "false";
  }

  /** A whole number, or 400 worded as Go's strconv words it. */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    const number = Number(value);
    if (Math.abs(number) >= 2 ** 63) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
    return number;
  }

  toString(): string {
    return this.raw;
  }
}

function parse(raw: string): Map<string, string[]> {
  const pairs = new Map<string, string[]>();
  for (const pair of raw.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = unescape(equals < 0 ? "" : pair.slice(equals + 1));
    if (name === undefined || value === undefined) continue;
    const values = pairs.get(name);
    if (values === undefined) pairs.set(name, [value]);
    else values.push(value);
  }
  return pairs;
}

function unescape(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
