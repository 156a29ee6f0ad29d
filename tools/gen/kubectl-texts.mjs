// @ts-check
/**
 * Writes src/kubectl/help/texts.json: what a genuine kubectl says for `--help` of each of its commands.
 * People's documentation and muscle memory rely on these words, so ours are the same bytes. Run by hand when upstream's version changes:
 * `node tools/gen/kubectl-texts.mjs`. The texts carry upstream's licence (NOTICE).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { genuineTools } from "../kubectl.mjs";

const home = "/kubectl-home";
const kubectl = `${genuineTools()}/kubectl`;
const out = fileURLToPath(new URL("../../src/kubectl/help/", import.meta.url));

/** @param {string[]} args @param {Record<string, string>} [env] */
function say(args, env = {}) {
  const result = spawnSync(kubectl, args, { encoding: "utf8", env: { HOME: home, PATH: "/nowhere", ...env } });
  return result.stdout.replaceAll(home, "{home}");
}

/** @type {Record<string, string>} */
const texts = { "": say(["--help"]), options: say(["options", "--help"]), "options list": say(["options"]) };

/** The commands that a help text lists. @param {string} text */
function listed(text) {
  const block = /\n(?:Available Commands|[^\n]*Commands[^\n]*):\n((?: {2}\S.*\n)+)/g;
  return [...text.matchAll(block)].flatMap(([, rows = ""]) => [...rows.matchAll(/^ {2}(\S+)/gm)].map(([, name = ""]) => name));
}

/** @param {string[]} path */
function collect(path) {
  const text = path.length === 0 ? (texts[""] ?? "") : say([...path, "--help"]);
  texts[path.join(" ")] = text;
  for (const name of listed(text)) collect([...path, name]);
}
collect([]);
texts["help"] = say(["help", "--help"]);
texts["apply, with KUBECTL_APPLYSET"] = say(["apply", "--help"], { KUBECTL_APPLYSET: "true" });
texts["alpha"] = say(["alpha", "--help"]);

mkdirSync(out, { recursive: true });
writeFileSync(`${out}texts.json`, `${JSON.stringify(texts, null, 1)}\n`);
console.log(`${Object.keys(texts).length} help texts`);
