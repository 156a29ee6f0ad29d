/**
 * What differs between two parts of an object, as text for people: one line per former (-) and new (+) value, in the manner of the
 * structural diff that upstream appends to its messages. Upstream: github.com/google/go-cmp (cmp.Diff), whose exact form is unstable by design
 */
import { goJson } from "../machinery/goText.ts";
import { semanticEqual } from "./equal.ts";

const maxLines = 40;

/** `name`: of the struct, e.g. `core.PodSpec`. */
export function differences(previous: unknown, next: unknown, name: string): string {
  const lines = [...changes(previous, next, "")];
  const shown = lines.slice(0, maxLines);
  if (lines.length > maxLines) shown.push(`  ... // ${lines.length - maxLines} more lines`);
  return [`  ${name}{`, ...shown, "  }", ""].join("\n");
}

function* changes(previous: unknown, next: unknown, path: string): Generator<string> {
  if (semanticEqual(previous, next)) return;
  if (isContainer(previous) && isContainer(next) && Array.isArray(previous) === Array.isArray(next)) {
    const keys = new Set([...Object.keys(previous), ...Object.keys(next)]);
    for (const key of keys) yield* changes(previous[key], next[key], Array.isArray(next) ? `${path}[${key}]` : joined(path, key));
    return;
  }
  if (previous !== undefined) yield `- \t${path}: ${goJson(previous)},`;
  if (next !== undefined) yield `+ \t${path}: ${goJson(next)},`;
}

function joined(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
