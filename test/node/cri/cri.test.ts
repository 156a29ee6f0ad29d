/** Runs test/node/cri/*.case.ts against containerd, in a network namespace as the agent's is, and shows each case here. Skips, and says why, where containerd can't run. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { innerRun, tellCases } from "../innerRun.ts";
import { whyNoContainerd } from "./privateContainerd.ts";

const why = whyNoContainerd();
if (why !== undefined) console.log(`skipped on containerd: ${why}`);

describe.skipIf(why !== undefined)("on containerd", () => {
  const folder = mkdtempSync(join(tmpdir(), "cox-cri-report-"));
  let report: Awaited<ReturnType<typeof innerRun>>;
  let mountsBefore: readonly string[] = [];

  beforeAll(async () => {
    mountsBefore = mounts();
    const env = { PATH: process.env["PATH"], HOME: folder, COX_TEST_CONTAINERD: process.env["COX_TEST_CONTAINERD"] };
    report = await innerRun({ prefix: ["unshare", "--net", "--"], config: "test/node/cri/vitest.config.ts", env, folder });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("passes every case", () => {
    const { passed, problems } = tellCases(report, "on containerd");
    expect(problems).toBe("");
    expect(passed).toBeGreaterThan(0);
  });

  it("leaves no mount on the machine", () => expect(mounts()).toEqual(mountsBefore));
});

function mounts(): readonly string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => /cox-cri-|\/run\/netns\/cni-/.test(line));
}
