/** Limits that hold, what is seen of them, and their groups going again. Where this machine doesn't let us, that it is said. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlGroups, openControlGroups } from "../../../src/host-node/runtime/cgroups/controlGroups.ts";
import { aContainer, aSandbox, exited, figure, host, makeWorld, outputOf, pull, runShell, until, type World } from "./world.ts";

let world: World;
let trial: ControlGroups;
beforeAll(async () => {
  world = await makeWorld();
  trial = openControlGroups(`coxswain-test-trial-${basename(process.env["COX_TEST_FOLDER"] ?? "")}`, host.clock);
});
afterAll(async () => {
  trial.remove("");
  await world[Symbol.asyncDispose]();
});

const resources = (changes: object): ReturnType<typeof aContainer>["resources"] => ({ ...aContainer("").resources, ...changes });

/** The kernel's account of the container's group, wherever it is on this machine. */
function cpuStat(id: string): string {
  const beside = trial.folders.flatMap((folder) =>
    readdirSync(dirname(folder), { recursive: true, encoding: "utf8" }).map((path) => join(dirname(folder), path)),
  );
  const path = beside.find((each) => each.endsWith("/cpu.stat") && each.includes(id));
  return path === undefined ? "" : readFileSync(path, "utf8");
}

describe("limits", () => {
  it("are either enforced, or it is said why not", () => {
    const { limits } = world.runtime;
    figure(limits.enforced ? "limits are enforced" : `limits can't be tried: ${limits.why}`);
    expect(limits.why).toMatch(limits.enforced ? /^$/ : /^this user may not set control groups for .+ here \(.+\)$/);
  });

  it("end a container that takes too much memory, and say so", async (context) => {
    context.skip(!world.runtime.limits.enforced, world.runtime.limits.why);
    const id = await runShell(world, "exec tail /dev/zero", { resources: resources({ memoryLimitBytes: 30 << 20 }) });
    await exited(world, id);
    expect(await world.runtime.containers.status(id)).toMatchObject({ exitCode: 137, signal: 9, reason: "OOMKilled" });
  });

  it("count what an exec takes as the container's own", async (context) => {
    context.skip(!world.runtime.limits.enforced, world.runtime.limits.why);
    const id = await runShell(world, "exec sleep 1000", { resources: resources({ memoryLimitBytes: 30 << 20 }) });
    const { exitCode } = await world.runtime.streams.execSync(id, ["tail", "/dev/zero"], 10_000);
    expect(exitCode).toBe(137);
    await world.runtime.containers.stop(id, 0);
  });

  it("hold a container to its share of a CPU", async (context) => {
    context.skip(!world.runtime.limits.enforced, world.runtime.limits.why);
    const id = await runShell(world, "while :; do :; done", { resources: resources({ cpuQuotaMillis: 100 }) });
    const cpu = async (): Promise<number> => (await world.runtime.stats()).find((each) => each.containerId === id)?.cpuNanos ?? 0;
    await until(async () => (await cpu()) > 100e6);
    const used = await cpu();
    const stat = cpuStat(id);
    const told = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1]);
    expect(told("nr_throttled")).toBeGreaterThan(0);
    // A tenth of each period of 100 ms; a CPU takes its share in slices, so that as many may be taken in advance.
    expect(used / 10e6).toBeLessThan(told("nr_periods") + 1 + cpus().length / 2);
    await world.runtime.containers.stop(id, 0);
  });

  it("hold all of a pod together", async (context) => {
    context.skip(!world.runtime.limits.enforced, world.runtime.limits.why);
    const group = { parent: "/kubepods/burstable/pod-crowded", cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 20 };
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "crowded", cgroup: group }));
    const script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do sleep 100 & done; echo all";
    const ref = await pull(world, "hello:1.0.0");
    const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, { command: ["sh", "-c", script] }));
    await world.runtime.containers.start(id);
    expect(await outputOf(world, id)).toContain("Cannot fork");
    await world.runtime.sandboxes.remove(sandbox.id);
  });

  it("of a pod are never below what its containers may have", async (context) => {
    context.skip(!world.runtime.limits.enforced, world.runtime.limits.why);
    const group = { parent: "/kubepods/pod-narrow", cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 10 << 20, pidsLimit: 0 };
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "narrow", cgroup: group }));
    const ref = await pull(world, "hello:1.0.0");
    const command = ["sh", "-c", "head -c 20000000 /dev/zero | tail -c 20000000 | wc -c"];
    const wide = { command, resources: resources({ memoryLimitBytes: 64 << 20, memoryBeyondPodBytes: 54 << 20 }) };
    const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, wide));
    await world.runtime.containers.start(id);
    expect(await outputOf(world, id)).toBe("20000000\n");
    await world.runtime.sandboxes.remove(sandbox.id);
  });

  it("can be changed while it runs", async (context) => {
    context.skip(!world.runtime.limits.enforced, world.runtime.limits.why);
    const group = { parent: "/kubepods/burstable/pod-resized", cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 20 << 20, pidsLimit: 0 };
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "resized", cgroup: group }));
    const ref = await pull(world, "hello:1.0.0");
    const script = "until [ -e /tmp/go ]; do sleep 0.1; done; head -c 40000000 /dev/zero | tail -c 40000000 | wc -c";
    const own = { command: ["sh", "-c", script], resources: resources({ memoryLimitBytes: 20 << 20 }) };
    const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, own));
    await world.runtime.containers.start(id);
    await world.runtime.sandboxes.resize(sandbox.id, { ...group, memoryLimitBytes: 100 << 20 });
    await world.runtime.containers.resize(id, resources({ memoryLimitBytes: 100 << 20, cpuQuotaMillis: 700 }));
    await world.runtime.streams.execSync(id, ["touch", "/tmp/go"], 10_000);
    expect(await outputOf(world, id)).toBe("40000000\n");
    await expect(world.runtime.containers.resize("none", resources({}))).rejects.toThrow("none");
    await world.runtime.sandboxes.remove(sandbox.id);
  });

  it("order who goes first when the machine is out of memory", async () => {
    const id = await runShell(world, "cat /proc/self/oom_score_adj", { resources: resources({ oomScoreAdj: 777 }) });
    expect(await outputOf(world, id)).toBe("777\n");
  });
});

describe("control groups", () => {
  it("go with their pod", async (context) => {
    const { folders } = trial;
    context.skip(folders.length === 0, trial.limits.why);
    const limits = { cpuShares: 100, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0, endTogether: false };
    trial.make("/node/kubepods/burstable/pod1/main", limits);
    const made = folders.map((folder) => `${folder}/node/kubepods/burstable/pod1/main`);
    expect(made.map(existsSync)).toEqual(made.map(() => true));
    trial.remove("/node/kubepods/burstable/pod1");
    expect(made.map(existsSync)).toEqual(made.map(() => false));
    trial.remove("/node/kubepods/burstable/pod1");
    trial.remove("");
    expect(folders.map(existsSync)).toEqual(folders.map(() => false));
  });
});
