import { expect, test } from "vitest";
import type { ContainerRuntime } from "../ports/runtime.ts";
import { withDisks } from "./diskStats.ts";
import type { Summary } from "./stats.ts";

const cpu = { time: "", usageNanoCores: 0, usageCoreNanoSeconds: 0, windowSeconds: 0 };
const memory = { time: "", usageBytes: 0, workingSetBytes: 0 };
const container = (name: string) => ({ name, startTime: "", cpu, memory });
const summary: Summary = {
  node: { nodeName: "node-1", startTime: "", cpu, memory },
  pods: [
    { podRef: { name: "web", namespace: "default", uid: "1" }, startTime: "", cpu, memory, containers: [container("a"), container("b")] },
  ],
};
const disk = { capacityBytes: 100, availableBytes: 40, inodes: 9, inodesFree: 7 };
const use = {
  container: async (name: string) => (name === "a" ? { rootBytes: 5, logBytes: 2 } : undefined),
  volumes: async () => 10,
};
const runtime = (fileSystems?: ContainerRuntime["fileSystems"]) => ({ ...(fileSystems && { fileSystems }) }) as ContainerRuntime;

test("disks of the node, of each container, and of the pod with its emptyDirs", async () => {
  const images = { ...disk, capacityBytes: 200 };
  const told = runtime(async () => ({ node: disk, images, imageBytes: 33 }));
  const { node, pods } = await withDisks(summary, { runtime: told, nowMs: 1000, useOf: (uid) => (uid === "1" ? use : undefined) });
  const time = "1970-01-01T00:00:01Z";
  const room = { time, availableBytes: 40, capacityBytes: 100, inodesFree: 7, inodes: 9 };
  expect(node.fs).toEqual({ ...room, usedBytes: 60, inodesUsed: 2 });
  expect(node.runtime?.imageFs).toMatchObject({ capacityBytes: 200, usedBytes: 33 });
  expect(pods[0]?.["ephemeral-storage"]).toEqual({ ...room, usedBytes: 17 });
  expect(pods[0]?.containers).toEqual([
    { ...container("a"), rootfs: { time, usedBytes: 5 }, logs: { ...room, usedBytes: 2 } },
    container("b"),
  ]);
});

test("a runtime that knows no disks leaves the summary as it is", async () => {
  expect(await withDisks(summary, { runtime: runtime(), nowMs: 0, useOf: () => use })).toBe(summary);
});
