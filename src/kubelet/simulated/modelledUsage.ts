/** What a simulated container uses: what its script says; else half of what it requests; else what the profile says of idle ones. Always the same. */
import type { ContainerConfig } from "../ports/runtime.ts";
import type { ContainerScript } from "./script.ts";

const usedShare = 0.5;
const millisPerShare = 1000 / 1024;
/** What a container without a request is given: says nothing about its use. */
const leastShares = 2;

export function modelledUsage(
  script: ContainerScript,
  resources: ContainerConfig["resources"],
): { cpuMillis: number; memoryBytes: number } {
  const { cpuShares, memoryRequestBytes = 0 } = resources;
  const cpu = cpuShares <= leastShares ? script.idle.cpuMillis : Math.round(cpuShares * millisPerShare * usedShare);
  const memory = memoryRequestBytes === 0 ? script.idle.memoryBytes : Math.round(memoryRequestBytes * usedShare);
  return { cpuMillis: script.cpuMillis ?? cpu, memoryBytes: script.memoryBytes ?? memory };
}
