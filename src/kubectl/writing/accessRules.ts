/** Rules of access, broken down and put together again for a list. Upstream: kubectl/pkg/util/rbac/rbac.go */
export interface ListedRule {
  readonly verbs?: readonly string[] | undefined;
  readonly apiGroups?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
  readonly resourceNames?: readonly string[] | undefined;
  readonly nonResourceURLs?: readonly string[] | undefined;
}

export interface CompactRule {
  readonly resources: string;
  readonly urls: readonly string[];
  readonly names: readonly string[];
  readonly verbs: readonly string[];
}

interface Broken extends CompactRule {
  verbs: string[];
  readonly group: string;
  readonly resource: string;
  readonly simple: boolean;
}

/** Rules of one resource that differ only by verbs become one; in the order in which upstream sorts them. */
export function compactRules(rules: readonly ListedRule[]): CompactRule[] {
  const simple = new Map<string, Broken>();
  const out: Broken[] = [];
  for (const rule of rules.flatMap(brokenDown)) {
    const key = `${rule.resources}\u0000${rule.names.join(",")}`;
    const known = rule.simple ? simple.get(key) : undefined;
    if (known !== undefined) known.verbs.push(...rule.verbs.filter((one) => !known.verbs.includes(one)));
    else {
      out.push(rule);
      if (rule.simple) simple.set(key, rule);
    }
  }
  const text = ({ group, resource, urls, names, verbs }: Broken): string =>
    `Verbs:[${verbs.join(" ")}],APIGroups:[${group}],Resources:[${resource}],ResourceNames:[${names.join(" ")}],NonResourceURLs:[${urls.join(" ")}],}`;
  return [...out].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

function brokenDown({ verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: ListedRule): Broken[] {
  const named = resourceNames.length === 0 ? [[]] : resourceNames.map((name) => [name]);
  const all = apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource })));
  const out: Broken[] = all.flatMap(({ group, resource }) => {
    const [head = "", ...sub] = resource.split("/");
    const whole = group === "" ? resource : [`${head}.${group}`, ...sub].join("/");
    const about = { resources: whole, group, resource, urls: [], simple: true };
    return named.flatMap((names) => verbs.map((one) => ({ ...about, names, verbs: [one] })));
  });
  for (const url of nonResourceURLs)
    for (const one of verbs) out.push({ resources: "", group: "", resource: "", urls: [url], names: [], verbs: [one], simple: false });
  return out;
}
