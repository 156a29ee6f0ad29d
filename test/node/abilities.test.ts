import { describe, expect, it } from "vitest";
import { probeAbilities } from "../../src/host-node/agent/abilities.ts";

const isRoot = process.getuid?.() === 0;

describe("what this machine can do", () => {
  it.each(isRoot ? [true, false] : [false])("is found out by trying (as root: %s), with a remedy for what is missing", async (asRoot) => {
    const abilities = await probeAbilities(asRoot);
    expect(abilities.map(({ name }) => name)).toEqual(["namespaces", "mounts", "network", "rules", "overlay", "terminals"]);
    for (const { ok, why, remedy } of abilities) expect([why !== "", remedy !== ""]).toEqual([!ok, !ok]);
    console.log(abilities.map(({ name, ok, why }) => `${name}: ${ok ? "ok" : why}`).join("\n"));
  });
});
