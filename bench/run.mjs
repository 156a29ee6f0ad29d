// @ts-check
/** `npm run bench [-- NAME ...]`: builds and runs the benchmarks one after the other, with the machine's name above the figures. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { installPackages, root, run } from "../tools/install.mjs";

installPackages();
run(process.execPath, ["tools/build.mjs", "--if-stale"]);
const { build } = await import("esbuild");
const all = readdirSync(join(root, "bench"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are ${all.join(", ")}`);
  process.exit(2);
}
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
let failed = 0;
for (const name of asked.length > 0 ? asked : all) {
  const outfile = join(root, "build/bench", `${name}.mjs`);
  await build({
    entryPoints: [join(root, "bench", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["lmdb"],
    logLevel: "warning",
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  });
  console.log(`\n## ${name}`);
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };
  if (spawnSync(process.execPath, ["--no-warnings", outfile], { stdio: "inherit", cwd: root, env }).status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
