/** Any object, field by field. Upstream: kubectl/pkg/describe/describe.go (genericDescriber) */
import { goSprint, sortedEntries } from "../printers/goValue.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Page } from "./page.ts";
import { putHead } from "./parts.ts";

const shownAbove = new Set([
  ".metadata.managedFields",
  ".metadata.name",
  ".metadata.namespace",
  ".metadata.labels",
  ".metadata.annotations",
]);

export function describeAnything(object: Unstructured, page: Page): void {
  putHead(page, object.metadata);
  putFields(page, 0, object, "");
}

function putFields(page: Page, level: number, content: Readonly<Record<string, unknown>>, path: string): void {
  for (const [field, value] of sortedEntries(content)) {
    const here = `${path}.${field}`;
    if (shownAbove.has(here)) continue;
    const label = spaced(field);
    if (typeof value !== "object" || value === null) {
      page.field(level, label, goSprint(value));
      continue;
    }
    page.line(level, `${label}:`);
    if (!Array.isArray(value)) putFields(page, level + 1, value as Record<string, unknown>, here);
    else for (const child of value) putChild(page, level + 1, child, here);
  }
}

function putChild(page: Page, level: number, child: unknown, path: string): void {
  if (typeof child === "object" && child !== null && !Array.isArray(child)) putFields(page, level, child as Record<string, unknown>, path);
  else page.line(level, goSprint(child));
}

const acronyms = new Set(["API", "URL", "UID", "GUID"]);

/** `creationTimestamp` as `Creation Timestamp`; names with digits and the like stay. */
function spaced(field: string): string {
  if (!/^[\p{L}-]*$/u.test(field)) return field;
  const parts = joined(camelParts(field));
  return parts
    .map((part) => {
      if (acronyms.has(part.toUpperCase())) return part.toUpperCase();
      return part.toLowerCase() === part ? titled(part) : part;
    })
    .join(" ");
}

function titled(part: string): string {
  return part.replaceAll(/\p{L}+/gu, (word) => word.slice(0, 1).toUpperCase() + word.slice(1));
}

/** Runs of one sort of character; the last capital of a run belongs to the word that it begins. */
function camelParts(field: string): string[] {
  const runs = field.match(/\p{Ll}+|\p{Lu}+|\d+|[^\p{Ll}\p{Lu}\d]+/gu) ?? [];
  for (let at = 0; at < runs.length - 1; at += 1) {
    const [run = "", next = ""] = [runs[at], runs[at + 1]];
    if (!/^\p{Lu}/u.test(run) || !/^\p{Ll}/u.test(next)) continue;
    runs[at] = run.slice(0, -1);
    runs[at + 1] = run.slice(-1) + next;
  }
  return runs.filter((run) => run !== "");
}

/** Capitals stay with the capitalised word after them: `CIDRBlock`. */
function joined(parts: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const [part = "", next = ""] = [parts[at], parts[at + 1]];
    const capitals = part.length >= 2 && !/\p{Ll}/u.test(part) && /^\p{Lu}/u.test(next);
    out.push(capitals ? part + next : part);
    if (capitals) at += 1;
  }
  return out;
}
