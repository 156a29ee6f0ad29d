/** A pod's own control group on containerd: its limits hold for all of its containers together, and nothing of it is left. What containers wrote. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { groupMountPoints } from "../../../src/host-node/runtime/cgroups/hierarchies.ts";
import type { PodSandboxConfig } from "../../../src/kubelet/ports/runtime.ts";
import { aContainer, until } from "../inside/world.ts";
import { shell, stageOf } from "./stage.ts";
import { image } from "./world.ts";

const stage = stageOf("limits");
const mebi = 1 << 20;

const grouped = (name: string, limits: Partial<PodSandboxConfig["cgroup"]>): Partial<PodSandboxConfig> => ({
  cgroup: { parent: `/kubepods/burstable/pod${name}`, cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0, ...limits },
});

/** The pod's group in each tree of this machine. */
function foldersOf(name: string): readonly string[] {
  const place = `coxswain-test-limits-${basename(stage.machine.containerd.folder)}/node-1/kubepods/burstable/pod${name}`;
  return groupMountPoints(readFileSync("/proc/self/mountinfo", "utf8")).map((mountPoint) => join(mountPoint, place));
}

describe("a pod's group on containerd", () => {
  it("holds all of its processes together, is the containers' parent, and goes with the sandbox", async () => {
    const { id, sandboxId } = await stage.started(
      shell("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do sleep 100 & done; echo all"),
      grouped("crowded", { pidsLimit: 20 }),
    );
    expect(await stage.output(id)).toContain("can't fork");
    const folders = foldersOf("crowded");
    expect(folders.filter(existsSync)).not.toEqual([]);
    await stage.runtime.sandboxes.remove(sandboxId);
    await until(() => !folders.some(existsSync));
  });

  it("ends who takes the memory that all have together, though no container has a limit of its own", async () => {
    const { id, sandboxId } = await stage.started(
      shell("dd if=/dev/zero of=/dev/null bs=200M count=1"),
      grouped("greedy", { memoryLimitBytes: 48 * mebi }),
    );
    await until(async () => (await stage.runtime.containers.status(id))?.state === "exited");
    expect(await stage.runtime.containers.status(id)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    const ref = (await stage.runtime.images.status(image))?.ref ?? "";
    const beside = await stage.runtime.containers.create(sandboxId, aContainer(ref, { image, name: "modest", ...shell("echo here") }));
    await stage.runtime.containers.start(beside);
    expect(await stage.output(beside)).toBe("here\n");
  });

  it("is never below what its containers may have", async () => {
    const resources = { ...aContainer("").resources, memoryLimitBytes: 96 * mebi, memoryBeyondPodBytes: 80 * mebi };
    const { id } = await stage.started(
      { ...shell("dd if=/dev/zero of=/dev/null bs=40M count=1 2>/dev/null && echo fits"), resources },
      grouped("narrow", { memoryLimitBytes: 16 * mebi }),
    );
    expect(await stage.output(id)).toBe("fits\n");
  });

  it("is told what its containers wrote into their roots and logs, and what disks there are", async () => {
    const { id } = await stage.started(shell("dd if=/dev/zero of=/tmp/file bs=1M count=3 2>/dev/null; seq 1 3000; exec sleep 1000"));
    await until(async () => ((await stage.runtime.containers.written?.(id))?.rootBytes ?? 0) >= 3 * mebi);
    const written = await stage.runtime.containers.written?.(id);
    expect(written?.logBytes).toBeGreaterThanOrEqual(9000);
    expect(await stage.runtime.containers.written?.("none")).toBeUndefined();
    await until(async () => ((await stage.runtime.fileSystems?.())?.imageBytes ?? 0) > 0);
    const disks = await stage.runtime.fileSystems?.();
    expect(disks?.images.capacityBytes).toBeGreaterThan(disks?.images.availableBytes ?? 0);
  });

  it("can be changed while it runs, as its containers' limits", async () => {
    const narrow = { ...aContainer("").resources, memoryLimitBytes: 20 * mebi };
    const script = "until [ -e /tmp/go ]; do sleep 0.1; done; dd if=/dev/zero of=/dev/null bs=60M count=1 2>/dev/null && echo fits";
    const cgroup = { parent: "/kubepods/burstable/podresized", cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 20 * mebi, pidsLimit: 0 };
    const { id, sandboxId } = await stage.started({ ...shell(script), resources: narrow }, { cgroup });
    const wide = { memoryLimitBytes: 100 * mebi, cpuQuotaMillis: 700 };
    await stage.runtime.sandboxes.resize(sandboxId, { ...cgroup, ...wide });
    await stage.runtime.containers.resize(id, { ...narrow, ...wide });
    await stage.runtime.streams.execSync(id, ["/bin/touch", "/tmp/go"], 5000);
    expect(await stage.output(id)).toBe("fits\n");
    await expect(stage.runtime.containers.resize("none", narrow)).rejects.toThrow("none");
  });

  it("stays with its limits when the agent begins anew", async () => {
    const { sandboxId } = await stage.started({}, grouped("lasting", { pidsLimit: 15 }));
    await stage.end();
    await stage.machine.restartNetwork();
    await stage.begin("limits");
    const file = foldersOf("lasting")
      .map((folder) => join(folder, "pids.max"))
      .find(existsSync);
    expect(readFileSync(file ?? "", "utf8")).toBe("15\n");
    await stage.runtime.sandboxes.remove(sandboxId);
    await until(() => !foldersOf("lasting").some(existsSync));
  });
});
