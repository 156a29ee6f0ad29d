/**
 * YAML bodies (application/yaml, application/apply-patch+yaml) as JSON values, by the rules of the parser that upstream uses: YAML 1.1,
 * where `yes` is a boolean; times stay text. Most such bodies are JSON in truth, and take the short way.
 */
import { parseAllDocuments } from "yaml";
import { DecodeError } from "../base/wire/decodeError.ts";
import { goQuote } from "./scalars/goText.ts";
import { parsePlainYaml } from "./plainYaml.ts";

export interface ParsedYaml {
  readonly value: unknown;
  /** Texts of strict problems: keys given twice. */
  readonly duplicates: readonly string[];
}

/** Throws DecodeError. */
export function parseYaml(text: string): ParsedYaml {
  if (text.trimStart().startsWith("{")) {
    try {
      return { value: JSON.parse(text), duplicates: [] };
    } catch {
      // Flow style that isn't JSON is read below.
    }
  }
  const plain = parsePlainYaml(text);
  if (plain !== undefined) return { value: plain.value, duplicates: [] };
  try {
    return parseDocument(text);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    // The parser's own refusals: nested too deep, or more aliases than an honest document has.
    throw new DecodeError(`error converting YAML to JSON: yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseDocument(text: string): ParsedYaml {
  const documents = parseAllDocuments(text, {
    version: "1.1",
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: "silent",
    customTags: (tags) => tags.filter((tag) => typeof tag === "string" || !isTimestamp(tag.tag)),
  });
  const [document] = documents;
  if (document === undefined || !("toJS" in document)) return { value: null, duplicates: [] };
  const duplicates = document.errors.filter((error) => error.code === "DUPLICATE_KEY");
  const wrong = document.errors.find((error) => error.code !== "DUPLICATE_KEY");
  if (wrong !== undefined)
    throw new DecodeError(`error converting YAML to JSON: yaml: line ${lineAt(text, wrong.pos[0])}: ${wrong.message}`);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  refuseCycles(value, new Set());
  return {
    value,
    duplicates: duplicates.map(
      (error) => `line ${lineAt(text, error.pos[0])}: key ${goQuote(keyAt(text, error.pos[0]))} already set in map`,
    ),
  };
}

/** An anchor may hold an alias to itself. */
function refuseCycles(value: unknown, above: Set<unknown>): void {
  if (typeof value !== "object" || value === null) return;
  if (above.has(value)) throw new DecodeError("error converting YAML to JSON: yaml: anchor value contains itself");
  above.add(value);
  for (const item of Object.values(value)) refuseCycles(item, above);
  above.delete(value);
}

const isTimestamp = (tag: string): boolean => tag === "tag:yaml.org,2002:timestamp";

function keyAt(text: string, offset: number): string {
  const [, double, single, bare] = /^(?:"([^"]*)"|'([^']*)'|([^:\n]*))/.exec(text.slice(offset)) ?? [];
  return double ?? single ?? bare?.trimEnd() ?? "";
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
