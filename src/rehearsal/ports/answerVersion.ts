/** The version that an answer names in a header or at a JSON path. */
import type { VersionSource } from "./load.ts";

/** What an answer says; empty where it says nothing. */
export function answerVersion(source: VersionSource, headers: Readonly<Record<string, unknown>>, body: string): string {
  if (source.from === "header") return textOf(headers[source.name]);
  if (source.from !== "json") return "";
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "";
  }
  for (const key of source.path) {
    if (typeof value !== "object" || value === null) return "";
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return textOf(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
