// @ts-check
/**
 * Builds dist/: one CommonJS file per program (bundles start quicker than module graphs), and the texts that
 * `kubectl explain` and `--help` show. `--if-stale` does nothing when no source is newer than the last build. `--out DIR` builds elsewhere.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, copyFileSync, chmodSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
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
/** Texts that come out of a dependency, into dist/ and never into the repository. `optional`: the build goes on where they can't be had. */
const texts = [
  { name: "descriptions.json", generator: "tools/gen/descriptions.mjs", optional: false },
  { name: "kubectl-help.json", generator: "tools/gen/kubectl-texts.mjs", optional: true },
];

/** @param {typeof texts[number]} text */
async function layTexts({ name, generator, optional }) {
  const [made, laid] = [join(root, "build", name), join(out, name)];
  if (!existsSync(made) || statSync(made).mtimeMs < statSync(join(root, generator)).mtimeMs) {
    const child = spawn(process.execPath, [generator], { cwd: root, stdio: "inherit" });
    const [status] = await once(child, "exit");
    if (status !== 0 && !optional) throw new Error(`${generator} failed`);
    if (status !== 0) return rmSync(laid, { force: true });
  }
  copyFileSync(made, `${laid}.part`);
  renameSync(`${laid}.part`, laid);
}

try {
  await Promise.all([
    ...texts.map(layTexts),
    build({ ...shared, entryPoints: entries.map((f) => `src/bin/${f}`), outdir: out }),
    ...packed.map((name) => pack(shared, `src/bin/${name}.ts`, join(out, `${name}.cjs`))),
    build({ ...shared, entryPoints: { rehearsalClient: "src/bin/load.ts" }, outdir: join(out, "catalogue") }),
    catalogue.length > 0 ? build({ ...shared, entryPoints: catalogue, outdir: join(out, "catalogue") }) : undefined,
  ]);
} catch {
  process.exit(1); // Whoever failed has told why.
}
if (existsSync(join(out, "cox.cjs"))) chmodSync(join(out, "cox.cjs"), 0o755);
rmSync(stamp, { force: true });
writeFileSync(stamp, "");
console.log(`built ${out} in ${Date.now() - started} ms`);
