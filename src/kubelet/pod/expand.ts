/**
 * `$(NAME)` in commands, arguments, environment values and subPathExpr. `$$(NAME)` stays literally `$(NAME)`; an unknown name stays as written.
 * Upstream: third_party/forked/golang/expansion/expand.go
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes("$")) return text;
  let out = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0 || dollar === text.length - 1) return out + text.slice(at);
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    const end = next === "(" ? text.indexOf(")", dollar + 2) : -1;
    if (next === "$") {
      out += "$";
      at = dollar + 2;
    } else if (end >= 0) {
      out += lookup(text.slice(dollar + 2, end)) ?? text.slice(dollar, end + 1);
      at = end + 1;
    } else {
      out += `$${next}`;
      at = dollar + 2;
    }
  }
  return out;
}
