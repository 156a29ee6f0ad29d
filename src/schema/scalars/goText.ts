/**
 * Texts as Go prints them, because upstream's messages are made with `%q` and `json.Marshal` and clients match on them.
 */
const namedEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** What `%q` leaves as it is: letters, marks, numbers, punctuation, symbols and the plain space. */
const needsEscape = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** `%q`: a Go string literal. */
export function goQuote(text: string): string {
  return `"${text.replace(needsEscape, escapeOne)}"`;
}

function escapeOne(character: string): string {
  const named = namedEscapes[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

const htmlLetters = /[<>&\u2028\u2029]/;

/** `json.Marshal`: keys of maps sorted, `<`, `>` and `&` escaped. Objects print in sorted order too. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(typeof value === "object" ? sorted(value) : value) ?? "null";
  if (!htmlLetters.test(text)) return text;
  return text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([k, v]) => [k, sorted(v)]));
}
