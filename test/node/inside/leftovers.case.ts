import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aContainer, aSandbox, figure, makeWorld, pull, until, type World } from "./world.ts";

/** The kernel does it in its own time, and much later on a busy machine. */
const namespacesGoMs = 60_000;

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => await world[Symbol.asyncDispose]());

interface Things {
  readonly processes: number;
  readonly mounts: number;
  readonly links: number;
  readonly descriptors: number;
  readonly scratch: readonly string[];
  readonly routes: number;
}
function thingsNow(): Things {
  const lines = (path: string): number => readFileSync(path, "utf8").trim().split("\n").length;
  return {
    processes: readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length,
    mounts: lines("/proc/self/mountinfo"),
    links: readFileSync("/proc/net/dev", "utf8").match(/^\s*pod[0-9a-z]+-[0-9a-z]+:/gm)?.length ?? 0,
    descriptors: readdirSync("/proc/self/fd").length,
    scratch: readdirSync(`${world.folder}/shelf/scratch`),
    routes: lines("/proc/net/route"),
  };
}

describe("many pods come and go", () => {
  it(
    "leaves no process, mount, link, route, descriptor or file",
    async () => {
      const ref = await pull(world, "hello:1.0.0");
      const onePod = async (name: string): Promise<void> => {
        const sandbox = await world.runtime.sandboxes.run(aSandbox({ name }));
        const id = await world.runtime.containers.create(
          sandbox.id,
          aContainer(ref, { command: ["sh", "-c", "echo up; sleep 1000 & sleep 1000"] }),
        );
        await world.runtime.containers.start(id);
        await world.runtime.streams.execSync(id, ["true"], 5000);
        await world.runtime.containers.stop(id, 0);
        await world.runtime.containers.remove(id);
        await world.runtime.sandboxes.remove(sandbox.id);
      };
      await onePod("warm");
      await until(() => thingsNow().links === 0, namespacesGoMs);
      const before = thingsNow();
      const begun = performance.now();
      const count = 60;
      for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, (_, n) => onePod(`pod-${i + n}`)));
      figure(`${count} pods made, exec'ed into and removed, ten at a time: ${((performance.now() - begun) / count).toFixed(1)} ms each`);
      // The kernel takes network namespaces apart in its own time.
      await until(() => JSON.stringify(thingsNow()) === JSON.stringify(before), namespacesGoMs).catch(() => undefined);
      expect(thingsNow()).toEqual(before);
      expect(await world.runtime.sandboxes.list()).toEqual([]);
      expect(await world.runtime.containers.list()).toEqual([]);
      expect(readdirSync(`${world.folder}/logs`)).toEqual([]);
    },
    3 * namespacesGoMs,
  );

  it("gives up a pod whose image or command is bad without leaving anything", async () => {
    const before = thingsNow();
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "bad" }));
    await expect(world.runtime.containers.create(sandbox.id, aContainer("sha256:none"))).rejects.toThrow("is not present on this machine");
    const mounts = [{ hostPath: "/no/such/place", containerPath: "/x", readOnly: true }];
    const id = await world.runtime.containers.create(sandbox.id, aContainer(await pull(world, "hello:1.0.0"), { mounts }));
    await expect(world.runtime.containers.start(id)).rejects.toThrow(/cannot make the container: mount: .*\/no\/such\/place/);
    await world.runtime.containers.remove(id);
    await world.runtime.sandboxes.remove(sandbox.id);
    await until(() => JSON.stringify(thingsNow()) === JSON.stringify(before)).catch(() => undefined);
    expect(thingsNow()).toEqual(before);
  });
});
