// @ts-check
/**
 * `npm test`: sets up what the tests need (npm packages, Debian packages when root, the genuine kubectl), builds, runs the gates and all suites,
 * and ends with one line of counts. `--long` runs the long suites instead, `--with-long` both, with a part of the
 * long ones' seeds and rounds so that all fits an hour; `--project NAME` only that suite.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { installDebianPackages } from "./debianPackages.mjs";
import { installPackages, root, run } from "./install.mjs";
import { leftovers, snapshot } from "./leftovers.mjs";

const long = process.argv.includes("--long");
const withLong = process.argv.includes("--with-long");
const usual = ["unit", "golden", "sim", "api", "node", "runtime", "lab", "parity"];
const only = process.argv.indexOf("--project");
const projects = only > 0 ? [process.argv[only + 1]] : long ? ["long"] : [...usual, ...(withLong ? ["long"] : [])];
/** No colours where nobody sees them. */
const plain = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: "1" };
if (withLong) {
  process.env["REHEARSAL_SEEDS"] ??= "200";
  process.env["POD_ROUNDS"] ??= "3";
}
const counts = { passed: 0, failed: 0, skipped: 0 };
/** What failed, one line each, said again at the end: nobody has to look for it in what the suites printed. @type {string[]} */
const failures = [];

/** @param {string} project */
function suite(project) {
  const report = join(root, "build", `report-${project}.json`);
  rmSync(report, { force: true });
  const args = ["--no-install", "vitest", "run", "--project", project, "--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const done = spawnSync("npx", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: plain });
  if (!existsSync(report)) {
    fail(`suite ${project}: no report (exit code ${done.status})`);
    return;
  }
  const result = JSON.parse(readFileSync(report, "utf8"));
  const failed = result.testResults.flatMap(failuresOfFile);
  if (done.status !== 0 && failed.length === 0) failed.push(`suite ${project}: exit code ${done.status}, though no test failed`);
  for (const what of failed) fail(what);
  counts.passed += result.numPassedTests;
  counts.skipped += result.numPendingTests + result.numTodoTests;
  console.log(`suite ${project}: ${result.numPassedTests} passed, ${failed.length} failed, ${result.numPendingTests} skipped`);
}

/** One line for each failed test of a file, or one for a file that couldn't be run. @param {any} file @returns {string[]} */
function failuresOfFile(file) {
  const name = relative(root, file.name);
  if (file.assertionResults.length === 0) return file.status === "failed" ? [`${name}: ${firstLine(file.message)}`] : [];
  return file.assertionResults
    .filter((/** @type {any} */ test) => test.status === "failed")
    .map((/** @type {any} */ test) => `${name} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
}

/** @param {string | undefined} text */
function firstLine(text) {
  return (text ?? "").split("\n", 1)[0];
}

/** @param {string} what */
function fail(what) {
  failures.push(what);
  counts.failed += 1;
}

installPackages();
installDebianPackages(long || withLong);
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
  for (const gate of gates()) {
    if (gate.ok) counts.passed += 1;
    else fail(`gate ${gate.name}`);
  }
}
const before = snapshot();
for (const project of projects) suite(project);
const left = leftovers(before);
if (left.length === 0) counts.passed += 1;
else fail(`left behind: ${left.join("; ")}`);
for (const what of failures) console.log(`FAIL ${what}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);
