/** The inside of a Go string literal. Upstream: Go's strconv.UnquoteChar */
const simple: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** undefined where an escape is wrong. `quote`: which one may stand escaped. */
export function unquoteCharacters(text: string, quote: string): string | undefined {
  let wrong = false;
  const form = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[^])|\\$/g;
  const result = text.replace(form, (_, escape: string | undefined) => {
    const decoded = escape === undefined ? undefined : decodeEscape(escape, quote);
    if (decoded === undefined) wrong = true;
    return decoded ?? "";
  });
  return wrong ? undefined : result;
}

function decodeEscape(escape: string, quote: string): string | undefined {
  if (escape.length === 1) {
    if ((escape === "'" || escape === '"') && escape !== quote) return undefined;
    return simple[escape];
  }
  const code = /^[0-7]/.test(escape) ? Number.parseInt(escape, 8) : Number.parseInt(escape.slice(1), 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
