// @ts-check
/**
 * Builds dist/: one CommonJS file per program (bundles start quicker than module graphs), and the field descriptions that
 * `kubectl explain` shows. `--if-stale` does nothing when no source is newer than the last build. `--out DIR` builds elsewhere.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  copyFileSync,
  chmodSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const root = fileURLToPath(new URL("..", import.meta.url));
const outFlag = process.argv.indexOf("--out");
const out = outFlag > 0 ? process.argv[outFlag + 1] : join(root, "dist");
const stamp = join(out, ".built");

/** @param {string} path @returns {number} */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return ["src", "tools/build.mjs", "tools/gen", "package-lock.json"].every((path) => newest(join(root, path)) <= built);
}

if (process.argv.includes("--if-stale") && isFresh()) process.exit(0);

const { build } = await import("esbuild");
const { pack } = await import("./pack.mjs");
const started = Date.now();
/** What people wait for to start. */
const packed = ["kubectl", "own"];
const entries = readdirSync(join(root, "src/bin")).filter((f) => f.endsWith(".ts") && !packed.includes(f.replace(/\.ts$/, "")));
const catalogue = existsSync(join(root, "src/catalogue"))
  ? ["auth", "hello", "nginx", "rehearsalApp"].map((name) => `src/catalogue/${name}.ts`).filter((f) => existsSync(join(root, f)))
  : [];
mkdirSync(out, { recursive: true });

/** @type {import("esbuild").BuildOptions} */
const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  external: ["lmdb", "bufferutil", "utf-8-validate"],
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: root,
  // The programs run as scripts out of a code cache, where there is no import(): Node's own modules are required.
  supported: { "dynamic-import": false },
  minifySyntax: true,
  minifyWhitespace: true,
};
/** kubectl's help texts stay a file beside the programs: a quarter of the bundle that most runs don't read. @type {import("esbuild").Plugin} */
const helpTextsApart = {
  name: "help texts apart",
  setup(build) {
    build.onLoad({ filter: /kubectl\/help\/texts\.json$/ }, ({ path }) => {
      writeFileSync(join(out, "kubectl-help.json"), JSON.stringify(JSON.parse(readFileSync(path, "utf8"))));
      return { contents: 'module.exports = require("./kubectl-help.json");', loader: "js" };
    });
  },
};
shared.external?.push("./kubectl-help.json");
shared.plugins = [helpTextsApart];
try {
  await Promise.all([
    build({ ...shared, entryPoints: entries.map((f) => `src/bin/${f}`), outdir: out }),
    ...packed.map((name) => pack(shared, `src/bin/${name}.ts`, join(out, `${name}.cjs`))),
    build({ ...shared, entryPoints: { rehearsalClient: "src/bin/load.ts" }, outdir: join(out, "catalogue") }),
    catalogue.length > 0 ? build({ ...shared, entryPoints: catalogue, outdir: join(out, "catalogue") }) : undefined,
  ]);
} catch {
  process.exit(1); // esbuild has told why.
}
const descriptions = join(root, "build/descriptions.json");
const generator = join(root, "tools/gen/descriptions.mjs");
if (existsSync(generator)) {
  if (!existsSync(descriptions) || statSync(descriptions).mtimeMs < statSync(generator).mtimeMs) {
    execFileSync(process.execPath, [generator], { cwd: root, stdio: "inherit" });
  }
  copyFileSync(descriptions, join(out, "descriptions.json.part"));
  renameSync(join(out, "descriptions.json.part"), join(out, "descriptions.json"));
}
if (existsSync(join(out, "cox.cjs"))) chmodSync(join(out, "cox.cjs"), 0o755);
rmSync(stamp, { force: true });
writeFileSync(stamp, "");
console.log(`built ${out} in ${Date.now() - started} ms`);
