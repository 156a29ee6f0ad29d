/** What an answer says of itself, in a header or at a JSON path: its version, its pod. */
import type { LoadSpec, VersionSource } from "./load.ts";

/** Each empty where the answer doesn't say. */
export interface AnswerFacts {
  readonly version: string;
  readonly pod: string;
}

/** Of a request without an answer. */
export const noFacts: AnswerFacts = { version: "", pod: "" };

/** Whether answers' bodies are needed for what is asked. */
export function readsBody({ version, pod }: LoadSpec): boolean {
  return version.from === "json" || pod?.from === "json";
}

/** Header names are in small letters; a body that is no JSON says nothing. */
export function answerFacts({ version, pod }: LoadSpec, headers: Readonly<Record<string, unknown>>, body: string): AnswerFacts {
  return { version: said(version, headers, body), pod: pod === undefined ? "" : said(pod, headers, body) };
}

function said(source: VersionSource, headers: Readonly<Record<string, unknown>>, body: string): string {
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
