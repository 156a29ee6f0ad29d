/**
 * What a limit is called in a control group's files, for both versions. Pure.
 * Upstream: pkg/kubelet/cm/helpers_linux.go, github.com/opencontainers/cgroups (utils.go: shares to weight)
 */

export interface GroupLimits {
  /** 0: leave as it is. */
  readonly cpuShares: number;
  /** Thousandths of a CPU; 0: no quota. */
  readonly cpuQuotaMillis: number;
  /** 0: no limit. */
  readonly memoryLimitBytes: number;
  /** 0: no limit. */
  readonly pidsLimit: number;
  /** Whether one process that is out of memory ends all of the group (v2 only). */
  readonly endTogether: boolean;
}

export interface Setting {
  readonly controller: "cpu" | "memory" | "pids";
  readonly file: string;
  readonly value: string;
  /** Whether a kernel without this file is fine as well. */
  readonly optional: boolean;
}

const periodMicros = 100_000;
const minQuotaMicros = 1000;

export function settingsOf(limits: GroupLimits, version: 1 | 2): readonly Setting[] {
  const { cpuShares, cpuQuotaMillis, memoryLimitBytes, pidsLimit, endTogether } = limits;
  const quota = Math.max(minQuotaMicros, Math.round((cpuQuotaMillis * periodMicros) / 1000));
  const settings: Setting[] = [];
  const add = (file: string, value: string | number, optional = false): void => {
    const controller = file.split(".")[0] as Setting["controller"];
    settings.push({ controller, file, value: String(value), optional });
  };
  if (version === 1) {
    if (cpuShares > 0) add("cpu.shares", cpuShares);
    if (cpuQuotaMillis > 0) {
      add("cpu.cfs_period_us", periodMicros);
      add("cpu.cfs_quota_us", quota);
    }
    if (memoryLimitBytes > 0) {
      add("memory.limit_in_bytes", memoryLimitBytes);
      // Memory and swap together: else the kernel swaps instead of saying that the limit is reached.
      add("memory.memsw.limit_in_bytes", memoryLimitBytes, true);
    }
  } else {
    if (cpuShares > 0) add("cpu.weight", weightOf(cpuShares));
    if (cpuQuotaMillis > 0) add("cpu.max", `${quota} ${periodMicros}`);
    if (memoryLimitBytes > 0) {
      add("memory.max", memoryLimitBytes);
      add("memory.swap.max", 0, true);
    }
    if (endTogether) add("memory.oom.group", 1, true);
  }
  if (pidsLimit > 0) add("pids.max", pidsLimit);
  return settings;
}

const minShares = 2;
const maxShares = 262_144;
const maxWeight = 10_000;

/** The curve that maps the least, the usual and the most shares (2, 1024, 262144) to the least, the usual and the most weight (1, 100, 10000). */
export function weightOf(shares: number): number {
  if (shares <= minShares) return 1;
  if (shares >= maxShares) return maxWeight;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
