/** The commands that turn one nftables ruleset into another, as one transaction: `nft -f -` takes all of them or none. */
import { type FixedSet, type NftRuleset, table } from "./nftRuleset.ts";

/** Empty when nothing differs. */
export function batchBetween(before: NftRuleset, after: NftRuleset): string {
  const lines: string[] = [];
  // What is new must exist before it is referred to, what goes must lose its references first.
  for (const [name, definition] of after.sets) {
    if (!before.sets.has(name)) lines.push(`add set ${table} ${name} { ${definition} }`);
  }
  for (const name of after.chains.keys()) if (!before.chains.has(name)) lines.push(`add chain ${table} ${name}`);
  lines.push(...elementChanges(before, after, "delete"));
  for (const [name, rules] of after.chains) {
    const old = before.chains.get(name);
    if (old !== undefined && sameLines(old, rules)) continue;
    if (old !== undefined) lines.push(`flush chain ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${rule}`);
  }
  lines.push(...elementChanges(before, after, "add"));
  const goneChains = [...before.chains.keys()].filter((name) => !after.chains.has(name));
  for (const name of goneChains) lines.push(`flush chain ${table} ${name}`);
  for (const name of goneChains) lines.push(`delete chain ${table} ${name}`);
  for (const name of before.sets.keys()) if (!after.sets.has(name)) lines.push(`delete set ${table} ${name}`);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function elementChanges(before: NftRuleset, after: NftRuleset, verb: "add" | "delete"): readonly string[] {
  const [from, to] = verb === "add" ? [after, before] : [before, after];
  const lines: string[] = [];
  for (const [set, elements] of from.elements) {
    const other = to.elements.get(set);
    const changed = [...elements].filter(([key, value]) => other?.get(key) !== value);
    if (changed.length === 0) continue;
    lines.push(`${verb} element ${table} ${set} { ${changed.map(([key, value]) => element(set, key, value, verb)).join(", ")} }`);
  }
  return lines;
}

function element(set: FixedSet, key: string, value: string, verb: "add" | "delete"): string {
  const isMap = set === "services" || set === "nodeports";
  if (!isMap) return key;
  // nft wants the verdict in a deletion too.
  return verb === "add" || value !== "" ? `${key} : ${value}` : key;
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}
