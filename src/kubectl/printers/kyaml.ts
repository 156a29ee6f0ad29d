/** `-o kyaml`: YAML in flow style that also reads like JSON with comments. Upstream: sigs.k8s.io/yaml/kyaml */
import { parseGoNumber } from "./gotemplate/numbers.ts";
import { compareBytes, goNumber } from "./goValue.ts";
import { readsAsString } from "./yamlScalar.ts";

/** With its `---` before and a line break behind. `sorted`: keys in the alphabet's order, else in the object's. */
export function kyamlText(value: unknown, sorted: boolean): string {
  return `---\n${render(value, 0, sorted)}\n`;
}

const indentation = (depth: number): string => "  ".repeat(depth);

function render(value: unknown, depth: number, sorted: boolean): string {
  if (typeof value === "string") return quoted(value, depth + 1);
  if (typeof value === "number") return goNumber(value);
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return list(value, depth, sorted);
  const keys = Object.keys(value).filter((key) => (value as Record<string, unknown>)[key] !== undefined);
  if (keys.length === 0) return "{}";
  if (sorted) keys.sort(compareBytes);
  const rows = keys.map((key) => {
    const shown = needsQuotes(key) ? quoted(key, depth + 1, true) : key;
    return `${indentation(depth + 1)}${shown}: ${render((value as Record<string, unknown>)[key], depth + 1, sorted)},\n`;
  });
  return `{\n${rows.join("")}${indentation(depth)}}`;
}

function list(items: readonly unknown[], depth: number, sorted: boolean): string {
  if (items.length === 0) return "[]";
  if (items.every((item) => typeof item === "object" && item !== null)) {
    return `[${items.map((item) => render(item, depth, sorted)).join(", ")}]`;
  }
  const rows = items.map((item) => `${indentation(depth + 1)}${render(item, depth + 1, sorted)},\n`);
  return `[\n${rows.join("")}${indentation(depth)}]`;
}

/** In double quotes; texts of several lines folded, one line a line. */
function quoted(text: string, depth: number, compact = false): string {
  const folded = text.includes("\n") && !compact;
  let out = folded ? '"\\\n' : '"';
  for (const character of text) {
    if (out.endsWith("\n")) out += indentation(depth) + (/\s/.test(character) && character !== "\n" ? "\\" : " ");
    if (character === "\n") out += compact ? "\\n" : "\\n\\\n";
    else if (character === "\t") out += compact ? "\\t" : "\t";
    else out += escaped(character);
  }
  if (folded) out += (out.endsWith("\n") ? "" : "\\\n") + indentation(depth);
  return `${out}"`;
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\r": "\\r",
  "\v": "\\v",
  "\0": "\\0",
  "\u001b": "\\e",
  "\u0085": "\\N",
  "\u00a0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function escaped(character: string): string {
  const name = named[character];
  if (name !== undefined) return name;
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

function needsQuotes(key: string): boolean {
  const lower = key.toLowerCase();
  if (key === "" || ["null", "~", "true", "false", "y", "n", "yes", "no", "on", "off", "t", "f"].includes(lower)) return true;
  if (!readsAsString(key) || parseGoNumber(key.replaceAll("_", "")) !== undefined) return true;
  return !/^[\p{L}\p{N}_]([\p{L}\p{N}_\-./]*[\p{L}\p{N}_])?$/u.test(key);
}
