// @ts-check
/**
 * `npm run check`: every gate that needs no cluster; lists all failures, not the first. `gates()` gives the same to tools/test.mjs, which counts them.
 * A checker that checks nothing must fail: the layer check compares the modules it read with the source files that there are.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages, root } from "./install.mjs";

/** @typedef {{ name: string, ok: boolean, output: string }} Gate */

/** @param {string[]} args */
function tool(...args) {
  const done = spawnSync("npx", ["--no-install", ...args], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  return { ok: done.status === 0, output: `${done.stdout}${done.stderr}` };
}

/** @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? sources(path) : path.endsWith(".ts") ? [path] : [];
  });
}

function layers() {
  const done = tool("depcruise", "src", "--output-type", "json");
  if (!done.output.trimStart().startsWith("{")) return { ok: false, output: done.output };
  const report = JSON.parse(done.output.slice(0, done.output.lastIndexOf("}") + 1));
  const read = report.modules.filter((/** @type {{ source: string }} */ m) => m.source.startsWith("src/")).length;
  const there = sources("src").length;
  const rows = report.summary.violations.map((/** @type {any} */ v) => `${v.rule.name}: ${v.from} -> ${v.to}`);
  if (read < there) rows.push(`only ${read} of ${there} source files were read`);
  return { ok: rows.length === 0, output: rows.join("\n") };
}

/** Committed files that name what must not be named. */
function cleanWords() {
  const files = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).stdout.split("\0").filter(Boolean);
  const banned = [/registry\.npmjs\.org/, /"resolved": "http/];
  const rows = files
    .filter((file) => existsSync(join(root, file)) && file !== "tools/check.mjs" && /\.(json|md|mjs|ts|ya?ml|npmrc)$/.test(file))
    .flatMap((file) => banned.filter((word) => word.test(readFileSync(join(root, file), "utf8"))).map((word) => `${file}: ${word}`));
  return { ok: rows.length === 0 && files.length > 0, output: rows.join("\n") };
}

/** @type {[string, () => { ok: boolean, output: string }][]} */
const checks = [
  ["format", () => tool("oxfmt", "--check", ".")],
  ["lint", () => tool("oxlint")],
  ["types", () => tool("tsc", "-p", "tsconfig.tests.json")],
  ["types of each project: neutral layers without Node, declarations by themselves", () => tool("tsc", "-b")],
  ["layers", layers],
  ["dead code", () => tool("knip")],
  ["generated files", () => ({ ...spawnGen() })],
  ["committed words", cleanWords],
];

function spawnGen() {
  const runs = ["facts.mjs", "shapes.mjs", "kubectl-reference.mjs"].map((name) => {
    const done = spawnSync(process.execPath, [`tools/gen/${name}`, "--check"], { cwd: root, encoding: "utf8" });
    return { ok: done.status === 0, output: done.stderr };
  });
  return { ok: runs.every((run) => run.ok), output: runs.map((run) => run.output).join("") };
}

/** Runs every gate, telling each as it ends. @returns {Gate[]} */
export function gates() {
  return checks.map(([name, check]) => {
    const { ok, output } = check();
    console.log(`${ok ? "ok  " : "FAIL"} check: ${name}`);
    if (!ok) console.log(output.split("\n").slice(0, 200).join("\n"));
    return { name, ok, output };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installPackages();
  process.exit(gates().every((gate) => gate.ok) ? 0 : 1);
}
