import { expect, test } from "vitest";
import { modelledUsage } from "./modelledUsage.ts";
import { containerScript, promptProfile } from "./script.ts";

const resources = { cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, oomScoreAdj: 0 };
const key = (name: string): string => `simulate.coxswain.dev/${name}`;

test.each([
  ["nothing", {}, resources, { cpuMillis: 1, memoryBytes: 20 << 20 }],
  ["half of its requests", {}, { ...resources, cpuShares: 512, memoryRequestBytes: 1 << 20 }, { cpuMillis: 250, memoryBytes: 1 << 19 }],
  ["what its script says", { [key("cpu.main")]: "7m", [key("memory")]: "3Mi" }, resources, { cpuMillis: 7, memoryBytes: 3 << 20 }],
])("a container that asks for %s", (_, annotations, asked, usage) => {
  expect(modelledUsage(containerScript(annotations, "main", promptProfile), asked)).toEqual(usage);
});
