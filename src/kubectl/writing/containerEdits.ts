/** What `set` changes in a pod's containers. Upstream: kubectl/pkg/cmd/set/{helper,set_image,set_resources,set_env}.go */
import type { Container, EnvVar, PodSpec } from "../../schema/shapes/core.v1.ts";
import { matchesWildcard } from "./change.ts";

/** Those with such a name, `*` for any part of it; init containers behind the others. */
export function containersNamed({ containers, initContainers }: PodSpec, pattern: string): Container[] {
  return [...(containers ?? []), ...(initContainers ?? [])].filter(({ name }) => matchesWildcard(name, pattern));
}

/** `images`: by the container's name, `*` for all. Gives the names for which there is no container. */
export function setImages({ containers, initContainers }: PodSpec, images: ReadonlyMap<string, string>): string[] {
  const missing: string[] = [];
  for (const [name, image] of images) {
    const found = [...(initContainers ?? []), ...(containers ?? [])].filter((one) => name === "*" || one.name === name);
    for (const container of found) container.image = image;
    if (found.length === 0) missing.push(name);
  }
  return missing;
}

type Quantities = Readonly<Record<string, string>>;

/** What isn't named keeps its limits and requests. */
export function setResourceAmounts(containers: readonly Container[], limits: Quantities, requests: Quantities): void {
  for (const container of containers) {
    const former = container.resources ?? {};
    container.resources = { ...former, limits: { ...former.limits, ...limits }, requests: { ...former.requests, ...requests } };
  }
}

export interface EnvWish {
  readonly added: readonly EnvVar[];
  readonly removed: readonly string[];
}

/** New values in the places of the old ones, the others behind. */
export function withEnv(existing: readonly EnvVar[], { added, removed }: EnvWish): EnvVar[] {
  const covered = new Set(removed);
  const out: EnvVar[] = [];
  for (const one of existing) {
    if (covered.has(one.name)) continue;
    const newer = added.find(({ name }) => name === one.name);
    if (newer !== undefined) covered.add(one.name);
    out.push(newer ?? one);
  }
  for (const one of added) {
    if (covered.has(one.name)) continue;
    covered.add(one.name);
    out.push(one);
  }
  return out;
}

/** The lines of `env`'s standard input: `NAME=value`, what follows a hash left out. */
export function envOfText(lines: string): EnvVar[] {
  return lines.split("\n").flatMap((line) => {
    const [said = ""] = line.split("#");
    const equals = said.indexOf("=");
    return equals < 0 ? [] : [{ name: said.slice(0, equals), value: said.slice(equals + 1) }];
  });
}
