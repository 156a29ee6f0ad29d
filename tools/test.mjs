// @ts-check
/**
 * `npm test`: sets up what the tests need (npm packages, Debian packages when root, the genuine kubectl), builds, runs the gates and all suites,
 * and ends with one line of counts. `--long` runs the long suites instead, `--with-long` both, with a part of the
 * long ones' seeds and rounds so that all fits an hour; `--project NAME` only that suite.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installDebianPackages } from "./debianPackages.mjs";
import { installPackages, root, run } from "./install.mjs";
import { leftovers, snapshot } from "./leftovers.mjs";

const long = process.argv.includes("--long");
const withLong = process.argv.includes("--with-long");
const usual = ["unit", "golden", "sim", "api", "node", "runtime", "lab", "parity"];
const only = process.argv.indexOf("--project");
const projects = only > 0 ? [process.argv[only + 1]] : long ? ["long"] : [...usual, ...(withLong ? ["long"] : [])];
if (withLong) {
  process.env["REHEARSAL_SEEDS"] ??= "200";
  process.env["POD_ROUNDS"] ??= "3";
}
const counts = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} project */
function suite(project) {
  const report = join(root, "build", `report-${project}.json`);
  rmSync(report, { force: true });
  const args = ["--no-install", "vitest", "run", "--project", project, "--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const done = spawnSync("npx", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (!existsSync(report)) {
    console.log(`FAIL suite ${project}: no report (exit code ${done.status})`);
    counts.failed += 1;
    return;
  }
  const result = JSON.parse(readFileSync(report, "utf8"));
  const brokenFiles = result.testResults.filter((/** @type {any} */ f) => f.status === "failed" && f.assertionResults.length === 0).length;
  counts.passed += result.numPassedTests;
  counts.failed += result.numFailedTests + brokenFiles + (done.status !== 0 && result.numFailedTests + brokenFiles === 0 ? 1 : 0);
  counts.skipped += result.numPendingTests + result.numTodoTests;
  console.log(
    `suite ${project}: ${result.numPassedTests} passed, ${result.numFailedTests + brokenFiles} failed, ${result.numPendingTests} skipped`,
  );
}

installPackages();
installDebianPackages();
run(process.execPath, ["tools/build.mjs"]);
try {
  const { genuineTools } = await import("./kubectl.mjs");
  genuineTools();
} catch (error) {
  console.log(
    `the genuine kubectl can't be had, and tests that need it will be skipped: ${error instanceof Error ? error.message : String(error)}`,
  );
}
if (!long && only < 0) {
  const { gates } = await import("./check.mjs");
  for (const gate of gates()) counts[gate.ok ? "passed" : "failed"] += 1;
}
const before = snapshot();
for (const project of projects) suite(project);
const left = leftovers(before);
for (const what of left) console.log(`FAIL left behind: ${what}`);
counts[left.length === 0 ? "passed" : "failed"] += 1;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);
