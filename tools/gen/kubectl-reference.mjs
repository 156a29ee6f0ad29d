// @ts-check
/** Writes docs/kubectl.md, the reference of kubectl's verbs, out of the flag tables and the help texts. `--check`: only says whether it is fresh. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "docs/kubectl.md");
const bundle = join(root, "build/flagRows.cjs");
mkdirSync(join(root, "build"), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ["src/kubectl/help/flagRows.ts"],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["ws", "lmdb"],
  logLevel: "error",
});
/** @type {typeof import("../../src/kubectl/help/flagRows.ts")} */
const { verbRows } = createRequire(import.meta.url)(bundle);
/** @type {Record<string, string>} */
const texts = JSON.parse(readFileSync(join(root, "src/kubectl/help/texts.json"), "utf8"));

/** What a help text says of a flag, by its name. @param {string} help */
function meanings(help) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [, name = "", text = ""] of help.matchAll(/^ {4}(?:-\w, )?--([\w-]+)[^\n]*:\n\t([^\n]*)/gm))
    found.set(name, firstSentence(text));
  return found;
}

/** @param {string} text */
function firstSentence(text) {
  const end = /\.\s+(?=[A-Z])/.exec(text);
  return (end === null ? text : text.slice(0, end.index + 1)).replaceAll("|", "\\|").replaceAll("<", "\\<").trim();
}

/** @param {string} help */
function usage(help) {
  return /\nUsage:\n {2}(.*)/.exec(help)?.[1] ?? "";
}

/** @param {import("../../src/kubectl/help/flagRows.ts").VerbRow} row */
function section({ path, flags }) {
  const help = texts[path === "" ? "options list" : path] ?? "";
  const about = meanings(help);
  const rows = flags.map(
    ({ name, short, initial }) =>
      `| \`--${name}\`${short === undefined ? "" : `, \`-${short}\``} | \`${initial}\` | ${about.get(name) ?? ""} |`,
  );
  const table = rows.length === 0 ? [] : ["| flag | default | meaning |", "|---|---|---|", ...rows, ""];
  if (path === "") return ["## Flags of every verb", "", ...table];
  const title = firstSentence(help.trimStart().split("\n")[0] ?? "");
  return [`## ${path}`, "", title, "", ...(usage(help) === "" ? [] : [`\`${usage(help)}\``, ""]), ...table];
}

const text = [
  "# kubectl's verbs in `cox`",
  "",
  "Generated from the flag tables of `src/kubectl` and the help texts: `node tools/gen/kubectl-reference.mjs`. Each works as `cox VERB`,",
  "as `cox kubectl VERB`, and as `VERB` of a link named `kubectl` to `cox`. `cox VERB --help` shows the whole text with examples. Meanings are upstream's words",
  "(NOTICE), by their first sentence. `kustomize` and `-k` are refused.",
  "With `KUBECTL_APPLYSET=true`, `apply --prune` takes `--applyset`, as upstream's does.",
  "",
  ...(await verbRows()).flatMap(section),
]
  .join("\n")
  .trimEnd()
  .concat("\n");

if (process.argv.includes("--check")) {
  const fresh = existsSync(page) && readFileSync(page, "utf8") === text;
  if (!fresh) console.error("docs/kubectl.md is stale: run node tools/gen/kubectl-reference.mjs");
  process.exit(fresh ? 0 : 1);
}
writeFileSync(page, text);
