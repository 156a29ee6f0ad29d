/** Arguments that are resources first and changes after them: `pod x a=1 b-`. Upstream: kubectl/pkg/cmd/util/helpers.go */
import { KubectlError } from "../errors.ts";

export interface ResourcesAndPairs {
  readonly resources: readonly string[];
  readonly pairs: readonly string[];
}

/** `kind`: what the changes are called in messages, e.g. `label`. */
export function resourcesAndPairs(args: readonly string[], kind: string): ResourcesAndPairs {
  const resources: string[] = [];
  const pairs: string[] = [];
  for (const word of args) {
    const isPair = (word.includes("=") && !word.startsWith("=")) || (word.endsWith("-") && word !== "-");
    if (isPair) pairs.push(word);
    else if (pairs.length > 0) throw new KubectlError(`all resources must be specified before ${kind} changes: ${word}`);
    else resources.push(word);
  }
  return { resources, pairs };
}

export interface Pairs {
  readonly added: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

/** `key=value`, and `key-` where removal is possible. */
export function parsePairs(words: readonly string[], kind: string, withRemoval: boolean): Pairs {
  const added = new Map<string, string>();
  const removed: string[] = [];
  const invalid: string[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) added.set(word.slice(0, equals), word.slice(equals + 1));
    else if (withRemoval && word.endsWith("-") && word !== "-") removed.push(word.slice(0, -1));
    else invalid.push(word);
  }
  if (invalid.length > 0) throw new KubectlError(`invalid ${kind} format: ${invalid.join(", ")}`);
  return { added, removed };
}
