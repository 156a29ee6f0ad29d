import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { groupMountPoints, hierarchiesOf } from "./hierarchies.ts";
import { settingsOf, weightOf } from "./settings.ts";
import { oomKillsIn, usageIn } from "./usage.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-groups-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("hierarchiesOf", () => {
  it("reads a hybrid machine", () => {
    const mountinfo = [
      "20 1 0:20 / /proc rw - proc proc rw",
      "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct",
      "32 30 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "33 30 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
      "34 30 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ].join("\n");
    const membership = "5:name=systemd:/x\n4:memory:/a:b\n1:cpu,cpuacct:/\n0::/user.slice\n";
    expect(hierarchiesOf(mountinfo, membership)).toEqual([
      { version: 1, controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct", own: "/sys/fs/cgroup/cpu,cpuacct" },
      { version: 1, controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory", own: "/sys/fs/cgroup/memory/a:b" },
      { version: 2, controllers: [], mountPoint: "/sys/fs/cgroup/unified", own: "/sys/fs/cgroup/unified/user.slice" },
    ]);
  });

  it("knows every tree there is, of whatever controllers", () => {
    const lines = [
      "31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu",
      "33 30 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
      "20 1 0:20 / /proc rw - proc proc rw",
    ];
    expect(groupMountPoints(lines.join("\n"))).toEqual(["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/systemd"]);
  });

  it("knows mounts that show a part of the tree only", () => {
    const mount = (root: string): string => `34 30 0:31 ${root} /sys/fs/cgroup rw - cgroup2 cgroup2 rw`;
    const own = (root: string): string | undefined => hierarchiesOf(mount(root), "0::/docker/1/deep\n")[0]?.own;
    expect(own("/docker/1")).toBe("/sys/fs/cgroup/deep");
    expect(own("/docker/1/deep")).toBe("/sys/fs/cgroup");
    expect(own("/docker/2")).toBeUndefined();
  });
});

describe("settingsOf", () => {
  const limits = { cpuShares: 512, cpuQuotaMillis: 250, memoryLimitBytes: 1 << 20, pidsLimit: 9, endTogether: true };
  const lines = (version: 1 | 2, changes: Partial<typeof limits> = {}): string[] =>
    settingsOf({ ...limits, ...changes }, version).map(({ file, value }) => `${file} ${value}`);

  it("names limits as each version does", () => {
    expect(lines(1)).toEqual([
      "cpu.shares 512",
      "cpu.cfs_period_us 100000",
      "cpu.cfs_quota_us 25000",
      "memory.limit_in_bytes 1048576",
      "memory.memsw.limit_in_bytes 1048576",
      "pids.max 9",
    ]);
    expect(lines(2)).toEqual([
      "cpu.weight 59",
      "cpu.max 25000 100000",
      "memory.max 1048576",
      "memory.swap.max 0",
      "memory.oom.group 1",
      "pids.max 9",
    ]);
  });

  it("leaves out what has no limit, and keeps to the kernel's least quota", () => {
    expect(lines(1, { cpuShares: 0, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0 })).toEqual([]);
    expect(lines(2, { cpuQuotaMillis: 1 })).toContain("cpu.max 1000 100000");
  });

  it("maps shares to weights", () => {
    expect([2, 1024, 262_144].map(weightOf)).toEqual([1, 100, 10_000]);
  });
});

describe("what a group used", () => {
  it("is read from either version's files", () => {
    const place = (version: 1 | 2, name: string, controllers: readonly string[], files: Readonly<Record<string, string>>) => {
      const at = join(folder, name);
      mkdirSync(at);
      for (const [file, text] of Object.entries(files)) writeFileSync(join(at, file), text);
      return { version, controllers, folder: at };
    };
    const cpu = place(1, "cpu", ["cpuacct"], { "cpuacct.usage": "1234\n" });
    const memory = place(1, "memory", ["memory"], {
      "memory.usage_in_bytes": "1000\n",
      "memory.stat": "inactive_file 1\ntotal_inactive_file 300\ntotal_rss 500\n",
      "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    });
    expect(usageIn([cpu, memory])).toEqual({ cpuNanos: 1234, memory: { usageBytes: 1000, workingSetBytes: 700, rssBytes: 500 } });
    expect(oomKillsIn([cpu, memory])).toBe(2);
    const unified = place(2, "unified", ["cpu", "memory"], {
      "cpu.stat": "usage_usec 7\nuser_usec 5\n",
      "memory.current": "100\n",
      "memory.stat": "anon 40\ninactive_file 30\n",
      "memory.events": "oom 1\noom_kill 1\n",
    });
    expect(usageIn([unified])).toEqual({ cpuNanos: 7000, memory: { usageBytes: 100, workingSetBytes: 70, rssBytes: 40 } });
    expect(oomKillsIn([unified])).toBe(1);
    expect(usageIn([{ ...unified, folder: join(folder, "gone") }])).toEqual({});
  });
});
