/** Verbs that a mistyped one may have meant. Upstream: github.com/spf13/cobra/command.go (SuggestionsFor) */

/** In the order in which upstream adds them, which is that of its suggestions. */
const names = [
  "create expose run set explain get edit delete rollout scale autoscale certificate cluster-info top cordon uncordon drain taint",
  "describe logs attach exec port-forward proxy cp auth debug events diff apply patch replace wait kustomize label annotate completion",
  "alpha config plugin version api-versions api-resources options kuberc",
]
  .join(" ")
  .split(" ");

/** Other words for verbs. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  delete: ["rm", "remove"],
  describe: ["inspect"],
  get: ["list", "ls"],
  top: ["stats"],
};

/** Of `others` and of the `known` ones those at most two edits away, those that begin with what was typed, and those it is another word for. */
export function suggestions(typed: string, known: ReadonlySet<string>, others: readonly string[] = []): string[] {
  const wanted = typed.toLowerCase();
  const offered = [...others, ...names.filter((name) => known.has(name))];
  return offered.filter((name) => distance(wanted, name) <= 2 || name.startsWith(wanted) || (synonyms[name] ?? []).includes(wanted));
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
