/** Makes one file that plain Node runs out of a test's own program in TypeScript. */
import { resolve } from "node:path";
import { build } from "esbuild";

export async function bundleChild(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [resolve(source)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // By address: the bundle lies outside the project, where a bare name would not be found.
    alias: { lmdb: resolve("node_modules/lmdb/index.js") },
    external: [resolve("node_modules/lmdb/index.js")],
    logLevel: "error",
  });
}
