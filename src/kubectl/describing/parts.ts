/** Pieces that many descriptions share. Upstream: kubectl/pkg/describe/describe.go */
import { controllerOf } from "../../machinery/owners.ts";
import { parseQuantity } from "../../machinery/quantity.ts";
import { selectorOf } from "../../machinery/selectors.ts";
import { humanDuration, parseTime } from "../../machinery/time.ts";
import type { LabelSelector, ObjectMeta } from "../../schema/shapes/meta.v1.ts";
import { compareBytes, sortedEntries } from "../printers/goValue.ts";
import type { Cell, Page } from "./page.ts";

type Texts = Readonly<Record<string, string>> | undefined;

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const maxAnnotationLength = 140;

/** Each on a line of its own, below each other. `indent` stands before title and continuation. */
export function putLabels(page: Page, title: string, labels: Texts, indent = ""): void {
  const lines = sortedEntries(labels ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  putBelowEachOther(page, indent + title, lines, indent);
}

/** A title with lines in the column beside it; `<none>` where there are none. */
export function putBelowEachOther(page: Page, title: string, lines: readonly string[], indent = ""): void {
  // Written piece by piece: on a nested page each piece is indented.
  page.write(0, `${title}:\t`);
  (lines.length === 0 ? ["<none>"] : lines).forEach((line, at) => {
    if (at > 0) {
      page.write(0, indent);
      page.write(0, "\t");
    }
    page.line(0, line);
  });
}

export function putAnnotations(page: Page, title: string, annotations: Texts): void {
  const shown = sortedEntries(annotations ?? {}).filter(([key]) => key !== lastApplied) as [string, string][];
  page.write(0, `${title}:\t`);
  if (shown.length === 0) return page.line(0, "<none>");
  shown.forEach(([key, whole], at) => {
    if (at > 0) page.write(0, "\t");
    const value = whole.endsWith("\n") ? whole.slice(0, -1) : whole;
    if (byteLength(value) + byteLength(key) + 2 <= maxAnnotationLength && !value.includes("\n")) return page.line(0, `${key}: ${value}`);
    page.line(0, `${key}:`);
    for (const line of value.split("\n")) page.line(0, `\t  ${shortened(line, maxAnnotationLength - 2)}`);
    return undefined;
  });
  return undefined;
}

export function putPlace(page: Page, metadata: Partial<ObjectMeta> | undefined): void {
  page.field(0, "Name", metadata?.name);
  page.field(0, "Namespace", metadata?.namespace);
}

/** Name, Namespace, Labels, Annotations: how most descriptions begin. */
export function putHead(page: Page, metadata: ObjectMeta | undefined, { namespaced = true }: { readonly namespaced?: boolean } = {}): void {
  if (namespaced) putPlace(page, metadata);
  else page.field(0, "Name", metadata?.name);
  putMarks(page, metadata);
}

export function putMarks(page: Page, metadata: Partial<ObjectMeta> | undefined): void {
  putLabels(page, "Labels", metadata?.labels);
  putAnnotations(page, "Annotations", metadata?.annotations);
}

export function putTable(page: Page, level: number, headers: readonly string[], rows: readonly (readonly Cell[])[]): void {
  page.row(level, ...headers);
  page.row(level, ...headers.map((header) => "-".repeat(header.length)));
  for (const row of rows) page.row(level, ...row);
}

export function putController(page: Page, metadata: ObjectMeta | undefined): void {
  const owner = metadata === undefined ? undefined : controllerOf({ metadata });
  if (owner !== undefined) page.field(0, "Controlled By", `${owner.kind}/${owner.name}`);
}

/** `a=1,b=2`; `<none>`. */
export function labelsText(labels: Texts): string {
  return (
    sortedEntries(labels ?? {})
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(",") || "<none>"
  );
}

export function selectorText(selector: LabelSelector | undefined): string {
  try {
    return selectorOf(selector).toString() || "<none>";
  } catch {
    return "<error>";
  }
}

export function quantityText(quantity: string | undefined): string {
  return quantity === undefined ? "0" : parseQuantity(quantity).toString();
}

export function boolText(value: boolean | undefined): string {
  return value === undefined ? "<unset>" : value ? "True" : "False";
}

/** A list as Go prints it: `[a b]`. */
export function listText(values: readonly unknown[] | undefined): string {
  return `[${(values ?? []).map(String).join(" ")}]`;
}

export function byName<T>(name: (one: T) => string): (a: T, b: T) => number {
  return (a, b) => compareBytes(name(a), name(b));
}

/** How long ago, in short; `<unknown>` without a time. */
export function since(time: string | undefined, now: number): string {
  const at = time === undefined ? undefined : parseTime(time);
  return at === undefined ? "<unknown>" : humanDuration(now - at);
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** RFC 1123 with the local time zone: `Mon, 02 Jan 2006 15:04:05 +0000`. */
export function localTime(time: string | undefined): string {
  const at = time === undefined ? undefined : parseTime(time);
  if (at === undefined) return "Mon, 01 Jan 0001 00:00:00 +0000";
  const { date, zone } = zoned(at);
  const day = `${weekdays[date.getUTCDay()]}, ${two(date.getUTCDate())} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${date.toISOString().slice(11, 19)} ${zone}`;
}

/** As Go prints a time on its own: `2006-01-02 15:04:05 +0000 UTC`. */
export function goTime(time: string | undefined): string {
  const at = time === undefined ? undefined : parseTime(time);
  if (at === undefined) return "0001-01-01 00:00:00 +0000 UTC";
  const { date, zone } = zoned(at);
  const name = zone === "+0000" ? zoneName(at) || "UTC" : zoneName(at) || zone.replace(/00$/, "");
  return `${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)} ${zone} ${name}`;
}

/** Short names of zones are known where they are in use. */
const englishes = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"];
/** Those of zones that no English is spoken in, which `Intl` doesn't know; none of them changes with the season. */
const otherNames: Readonly<Record<string, string>> = {
  "Asia/Hong_Kong": "HKT",
  "Asia/Jakarta": "WIB",
  "Asia/Karachi": "PKT",
  "Asia/Seoul": "KST",
  "Asia/Shanghai": "CST",
  "Asia/Taipei": "CST",
  "Asia/Tokyo": "JST",
  "Europe/Moscow": "MSK",
};

/** `CEST`; empty where no name is known. */
function zoneName(at: number): string {
  const names = englishes.map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(at);
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  });
  const found = names.find((name) => /^[A-Z]{3,5}$/.test(name));
  return found ?? otherNames[new Intl.DateTimeFormat().resolvedOptions().timeZone] ?? "";
}

/** The date whose UTC parts are local ones. */
function zoned(at: number): { readonly date: Date; readonly zone: string } {
  const minutes = -new Date(at).getTimezoneOffset();
  const absolute = Math.abs(minutes);
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
  return { date: new Date(at + minutes * 60_000), zone };
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Cut after so many bytes. */
export function shortened(text: string, most: number): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= most ? text : `${new TextDecoder().decode(bytes.subarray(0, most))}...`;
}
