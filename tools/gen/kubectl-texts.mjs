// @ts-check
/**
 * Writes build/kubectl-help.json: what a genuine kubectl says for `--help` of each of its commands. Never committed: the build lays it beside the
 * programs, so that ours show the same bytes. Fails in one sentence where the genuine one can't be had (tools/kubectl.mjs).
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { genuineTools } from "../kubectl.mjs";

const home = "/kubectl-home";
const out = fileURLToPath(new URL("../../build/", import.meta.url));
const run = promisify(execFile);

/** @param {string[]} args @param {Record<string, string>} [env] */
async function say(args, env = {}) {
  const { stdout } = await run(`${genuineTools()}/kubectl`, args, { env: { HOME: home, PATH: "/nowhere", ...env } });
  return stdout.replaceAll(home, "{home}");
}

/** The commands that a help text lists. @param {string} text */
function listed(text) {
  const block = /\n(?:Available Commands|[^\n]*Commands[^\n]*):\n((?: {2}\S.*\n)+)/g;
  return [...text.matchAll(block)].flatMap(([, rows = ""]) => [...rows.matchAll(/^ {2}(\S+)/gm)].map(([, name = ""]) => name));
}

/** By the path of the command. @type {Record<string, string>} */
const texts = {};
/** Commands whose text is still to be asked for. @type {string[][]} */
const waiting = [];

/** @param {string[]} path */
async function ask(path) {
  const text = await say([...path, "--help"]);
  texts[path.join(" ")] = text;
  waiting.push(...listed(text).map((name) => [...path, name]));
}

async function askInTurn() {
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await ask(path);
}

try {
  await ask([]);
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, askInTurn));
  Object.assign(texts, {
    alpha: await say(["alpha", "--help"]),
    help: await say(["help", "--help"]),
    options: await say(["options", "--help"]),
    "options list": await say(["options"]),
    "apply, with KUBECTL_APPLYSET": await say(["apply", "--help"], { KUBECTL_APPLYSET: "true" }),
  });
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}kubectl-help.json.part`, JSON.stringify(texts));
  renameSync(`${out}kubectl-help.json.part`, `${out}kubectl-help.json`);
} catch (error) {
  console.error(`no help texts of kubectl: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
