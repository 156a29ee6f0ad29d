/** Names that a mistyped one may have meant. Upstream: github.com/spf13/cobra/command.go (SuggestionsFor) */

/** Names at most two edits away, or that begin with what was typed; in the order of the alphabet, as upstream keeps its commands. */
export function suggestions(typed: string, names: readonly string[]): string[] {
  return [...names]
    .sort()
    .filter((name) => distance(typed.toLowerCase(), name.toLowerCase()) <= 2 || name.toLowerCase().startsWith(typed.toLowerCase()));
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
