/** What a control group used, out of its files. Working set: what the kernel could not take back at once, as the kubelet counts it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

type GroupPlace = Pick<Place, "version" | "controllers" | "folder">;

export interface GroupUsage {
  readonly cpuNanos?: number | undefined;
  readonly memory?: { readonly usageBytes: number; readonly workingSetBytes: number; readonly rssBytes: number } | undefined;
}

const nanosPerMicro = 1000;

/** `places`: the same group in each tree. */
export function usageIn(places: readonly GroupPlace[]): GroupUsage {
  return {
    cpuNanos: first(places, ({ version, controllers, folder }) => {
      if (version === 1) return controllers.includes("cpuacct") ? Number(read(folder, "cpuacct.usage")) : undefined;
      const micros = /^usage_usec (\d+)$/m.exec(read(folder, "cpu.stat") ?? "")?.[1];
      return micros === undefined ? undefined : Number(micros) * nanosPerMicro;
    }),
    memory: first(places, (place) => (place.controllers.includes("memory") ? memoryIn(place) : undefined)),
  };
}

function memoryIn({ version, folder }: GroupPlace): GroupUsage["memory"] {
  const names = version === 1 ? ["memory.usage_in_bytes", "total_inactive_file", "total_rss"] : ["memory.current", "inactive_file", "anon"];
  const [current = "", inactive = "", anonymous = ""] = names;
  const usage = read(folder, current);
  const stat = read(folder, "memory.stat");
  if (usage === undefined || stat === undefined) return undefined;
  const field = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
  const usageBytes = Number(usage);
  return { usageBytes, workingSetBytes: Math.max(0, usageBytes - field(inactive)), rssBytes: field(anonymous) };
}

export function oomKillsIn(places: readonly GroupPlace[]): number {
  const kills = first(places, ({ version, controllers, folder }) => {
    if (!controllers.includes("memory")) return undefined;
    const said = read(folder, version === 1 ? "memory.oom_control" : "memory.events");
    const found = /^oom_kill (\d+)$/m.exec(said ?? "")?.[1];
    return found === undefined ? undefined : Number(found);
  });
  return kills ?? 0;
}

function first<T>(places: readonly GroupPlace[], ask: (place: GroupPlace) => T | undefined): T | undefined {
  for (const place of places) {
    const answer = ask(place);
    if (answer !== undefined && !Number.isNaN(answer)) return answer;
  }
  return undefined;
}

function read(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch {
    return undefined;
  }
}
