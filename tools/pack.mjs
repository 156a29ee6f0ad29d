// @ts-check
/**
 * A program as one CommonJS file whose parts are only run, and kept in V8's code cache, when a command needs them: esbuild splits it at each import(),
 * and the parts become functions in a table. A plain bundle makes thousands of functions at every start that most commands never call.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build, transform } from "esbuild";

/** @param {import("esbuild").BuildOptions} options @param {string} entry @param {string} file */
export async function pack(options, entry, file) {
  const { supported, ...splitting } = options;
  const { outputFiles } = await build({
    ...splitting,
    entryPoints: [entry],
    outdir: "out",
    outExtension: { ".js": ".js" },
    format: "esm",
    splitting: true,
    chunkNames: "[hash]",
    write: false,
  });
  const parts = await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const { minifySyntax, minifyWhitespace, target, platform } = options;
      const { code } = await transform(text, { format: "cjs", supported, minifySyntax, minifyWhitespace, target, platform });
      return `${JSON.stringify(`./${basename(path)}`)}(exports,require,module){${code}}`;
    }),
  );
  const main = JSON.stringify(`./${basename(entry).replace(/\.ts$/, ".js")}`);
  writeFileSync(
    file,
    `"use strict";var parts={${parts.join(",\n")}},made={},load=name=>{
if(!(name in parts))return require(name);
let module=made[name];
if(module===void 0){module=made[name]={exports:{}};parts[name](module.exports,load,module)}
return module.exports};
module.exports=load(${main});
`,
  );
}
