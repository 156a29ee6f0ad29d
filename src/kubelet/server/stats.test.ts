import { expect, test } from "vitest";
import { type RunningContainer, Usages } from "./stats.ts";

const pod = { name: "web", namespace: "default", uid: "1", startedAtMs: 0 };
const running: readonly RunningContainer[] = [{ id: "c", name: "main", startedAtMs: 0, pod }];
const look = (timeMs: number, cpuNanos: number) => [{ containerId: "c", timeMs, cpuNanos, memoryBytes: 7 }];
const at = (nowMs: number) => ({ name: "node-1", startedAtMs: 0, nowMs });

test("a rate that would reach far back is begun anew", () => {
  const usages = new Usages();
  expect(usages.restart(running, look(50_000, 5e9))).toBe(false);
  expect(usages.summary(at(50_000), running, look(50_000, 5e9)).node.cpu).toMatchObject({ usageNanoCores: 1e8, windowSeconds: 50 });
  expect(usages.restart(running, look(200_000, 5e9))).toBe(true);
  const later = look(201_000, 5.5e9);
  expect(usages.restart(running, later)).toBe(false);
  expect(usages.summary(at(201_000), running, later).pods[0]?.cpu).toMatchObject({ usageNanoCores: 5e8, windowSeconds: 1 });
});

test("two looks too close give the former rate, and an empty node the time of now", () => {
  const usages = new Usages();
  usages.summary(at(1000), running, look(1000, 1e9));
  expect(usages.summary(at(1100), running, look(1100, 2e9)).node.cpu).toMatchObject({ usageNanoCores: 1e9, windowSeconds: 1 });
  expect(usages.summary(at(5000), [], []).node).toMatchObject({ cpu: { time: "1970-01-01T00:00:05Z", usageNanoCores: 0 } });
});
