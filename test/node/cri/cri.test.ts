/** Runs test/node/cri/*.case.ts against containerd, in a network namespace as the agent's is, and shows each case here. Skips, and says why, where containerd can't run. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoContainerd } from "./privateContainerd.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const why = whyNoContainerd();
if (why !== undefined) console.log(`skipped on containerd: ${why}`);

interface CaseReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

describe.skipIf(why !== undefined)("on containerd", () => {
  const folder = mkdtempSync(join(tmpdir(), "cox-cri-report-"));
  let report: CaseReport = { testResults: [] };
  let mountsBefore: readonly string[] = [];

  beforeAll(async () => {
    mountsBefore = mounts();
    const file = join(folder, "report.json");
    const words = [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--config",
      "test/node/cri/vitest.config.ts",
      "--configLoader",
      "runner",
    ];
    const command = ["--net", "--", process.execPath, ...words, "--reporter=json", `--outputFile=${file}`];
    const env = { PATH: process.env["PATH"], HOME: folder, COX_TEST_CONTAINERD: process.env["COX_TEST_CONTAINERD"] };
    const child = spawn("unshare", command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (data: Buffer) => (said += data.toString()));
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    if (!existsSync(file)) throw new Error(`vitest inside gave no report:\n${said}`);
    report = JSON.parse(readFileSync(file, "utf8")) as CaseReport;
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("passes every case", () => {
    const broken = report.testResults
      .filter((result) => result.assertionResults.length === 0)
      .map(({ name, message }) => `${name}: ${message}`);
    const cases = report.testResults.flatMap((result) => result.assertionResults);
    const failed = cases
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join("\n")}`);
    console.log(`${cases.filter(({ status }) => status === "passed").length} cases passed on containerd`);
    expect([...broken, ...failed].join("\n\n")).toBe("");
    expect(cases.length).toBeGreaterThan(0);
  });

  it("leaves no mount on the machine", () => expect(mounts()).toEqual(mountsBefore));
});

function mounts(): readonly string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => /cox-cri-|\/run\/netns\/cni-/.test(line));
}
