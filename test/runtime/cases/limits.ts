/** What a pod may use: changed while it runs, written to disk and counted, and the end of one that wrote too much. */
import { expect } from "vitest";
import { conditionOf } from "../../../src/machinery/conditions.ts";
import type { Pod } from "../../../src/schema/shapes/core.v1.ts";
import { type Case, isUp, shellPod, waiting } from "../case.ts";

const resources = { requests: { cpu: "100m", memory: "32Mi" }, limits: { cpu: "200m", memory: "64Mi" } };
const has = (pod: Pod, cpu: string): boolean =>
  pod.status?.containerStatuses?.[0]?.resources?.limits?.["cpu"] === cpu &&
  conditionOf(pod.status.conditions, "PodResizeInProgress") === undefined;
const cpuLimit = "cat /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/cpu*/cpu.cfs_quota_us";
const patch = (name: string, limits: string): string =>
  `kubectl patch pod ${name} --subresource=resize -p '{"spec":{"containers":[{"name":"main","resources":{"limits":${limits}}}]}}'`;

export const limits: readonly Case[] = [
  {
    title: "a resize reaches the container without a restart",
    objects: [shellPod("resized", waiting, { container: { resources } })],
    async check(scene) {
      await scene.until("resized", isUp, "it runs");
      await scene.sh(patch("resized", '{"cpu":"700m","memory":"128Mi"}'));
      const { status } = await scene.until("resized", (pod) => has(pod, "700m"), "it is resized");
      expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, resources: { limits: { cpu: "700m", memory: "128Mi" } } });
      expect(await scene.untilEvent("resized", "ResizeCompleted: Pod resize completed: ")).toContain("ResizeStarted: Pod resize started: ");
      if (scene.asRoot) expect(await scene.exec("resized", cpuLimit)).toMatch(/^70000\b/);
    },
  },
  {
    title: "a resize restarts the container where its policy says so",
    objects: [
      shellPod("restarted", waiting, {
        spec: { restartPolicy: "OnFailure" },
        container: { resources, resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] },
      }),
    ],
    async check(scene) {
      await scene.until("restarted", isUp, "it runs");
      await scene.sh(patch("restarted", '{"cpu":"700m"}'));
      const { status } = await scene.until(
        "restarted",
        (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && has(pod, "700m"),
        "it is resized",
      );
      expect(status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
      if (scene.asRoot) expect(await scene.exec("restarted", cpuLimit)).toMatch(/^70000\b/);
    },
  },
  {
    title: "a resize that no node can give is Infeasible",
    objects: [shellPod("infeasible", waiting, { container: { resources } })],
    async check(scene) {
      await scene.until("infeasible", isUp, "it runs");
      await scene.sh(patch("infeasible", '{"cpu":"9999"}').replace('"limits"', '"requests":{"cpu":"9999"},"limits"'));
      const { status } = await scene.until(
        "infeasible",
        (pod) => conditionOf(pod.status?.conditions, "PodResizePending")?.reason === "Infeasible",
        "it is told that it can't be",
      );
      expect(status?.containerStatuses?.[0]?.resources?.limits).toEqual(resources.limits);
    },
  },
  {
    title: "what containers write is told, and who writes more than its limit of local storage is evicted",
    objects: [
      shellPod("writes", "dd if=/dev/zero of=/file bs=1M count=3 2>/dev/null; echo said; exec sleep 1000"),
      shellPod("overwrites", "dd if=/dev/zero of=/file bs=1M count=8 2>/dev/null; exec sleep 1000", {
        container: { resources: { limits: { "ephemeral-storage": "4Mi" } } },
      }),
    ],
    async check(scene) {
      const { spec } = await scene.until("writes", isUp, "it runs");
      const end = Date.now() + 60_000;
      for (let used = 0; used < 3 << 20;) {
        const summary = JSON.parse(await scene.sh(`kubectl get --raw /api/v1/nodes/${spec.nodeName}/proxy/stats/summary`)) as Summary;
        const pod = summary.pods.find(({ podRef }) => podRef.name === "writes");
        used = pod?.containers[0]?.rootfs?.usedBytes ?? 0;
        expect(summary.node.fs.capacityBytes).toBeGreaterThan(0);
        expect(summary.node.runtime.imageFs.usedBytes).toBeGreaterThanOrEqual(0);
        if (used > 0) expect(pod?.["ephemeral-storage"]?.usedBytes).toBeGreaterThanOrEqual(used);
        if (Date.now() > end) throw new Error(`never told: ${JSON.stringify(pod)}`);
      }
      const { status } = await scene.ended("overwrites");
      expect(status).toMatchObject({ phase: "Failed", reason: "Evicted" });
      expect(status?.message).toBe("Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. ");
    },
  },
];

interface Disk {
  readonly usedBytes: number;
  readonly capacityBytes: number;
}
interface Summary {
  readonly node: { readonly fs: Disk; readonly runtime: { readonly imageFs: Disk } };
  readonly pods: readonly {
    readonly podRef: { readonly name: string };
    readonly containers: readonly { readonly rootfs?: Disk }[];
    readonly "ephemeral-storage"?: Disk;
  }[];
}
