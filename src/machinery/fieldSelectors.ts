/**
 * Field selectors: `metadata.name=web,status.phase!=Running`. Which fields a kind offers is in Kind.selectableFields.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/fields/selector.go
 */
import { SelectorError } from "./requirements.ts";

interface FieldTerm {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
  readonly empty: boolean;
  /** `read` gives a field's value; an unknown field is the caller's to refuse beforehand. */
  matches(read: (field: string) => string): boolean;
  /** The value that the selector wants of `field`, when it wants exactly one. */
  exact(field: string): string | undefined;
  toString(): string;
}

/** Throws SelectorError with upstream's message. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = splitTerms(text)
    .sort()
    .filter((part) => part !== "")
    .map((part) => termOf(part, text));
  return {
    terms,
    empty: terms.length === 0,
    matches: (read) => terms.every((t) => (read(t.field) === t.value) === (t.operator === "=")),
    exact: (field) => terms.find((t) => t.field === field && t.operator === "=")?.value,
    toString: () => terms.map((t) => `${t.field}${t.operator}${escapeValue(t.value)}`).join(","),
  };
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let term = "";
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === "\\") {
      term += text.slice(i, i + 2);
      i += 1;
    } else if (character === ",") {
      terms.push(term);
      term = "";
    } else term += character;
  }
  return [...terms, term];
}

function termOf(part: string, whole: string): FieldTerm {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
  if (match === null) throw new SelectorError(`invalid selector: '${whole}'; can't understand '${part}'`);
  const [, field = "", operator, value = ""] = match;
  return { field, operator: operator === "!=" ? "!=" : "=", value: unescapeValue(value) };
}

function unescapeValue(text: string): string {
  let value = "";
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === "," || character === "=") {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    }
    if (character !== "\\") {
      value += character;
      continue;
    }
    i += 1;
    const escaped = text.charAt(i);
    if (escaped === "" || !"\\,=".includes(escaped)) {
      throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
    }
    value += escaped;
  }
  return value;
}

/** A literal as a field selector writes it. */
function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}
