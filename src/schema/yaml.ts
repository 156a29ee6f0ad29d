/**
 * YAML bodies (application/yaml, application/apply-patch+yaml) as JSON values, by the rules of the parser that upstream uses: YAML 1.1,
 * where `yes` is a boolean; times stay text. Most such bodies are JSON in truth, and take the short way.
 */
import { parseAllDocuments } from "yaml";
import { DecodeError } from "./decodeError.ts";

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
  return { value, duplicates: duplicates.map((error) => `line ${lineAt(text, error.pos[0])}: key already set in map`) };
}

const isTimestamp = (tag: string): boolean => tag === "tag:yaml.org,2002:timestamp";

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
