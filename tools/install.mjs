// @ts-check
/** Installs the npm packages of the lock file when they aren't there yet or the lock file is newer. Uses Node alone. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export function installPackages() {
  const marker = join(root, "node_modules/.package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs) return;
  console.log("installing npm packages ...");
  // Not `npm ci`: that one wants every other platform's binaries in the lock file, and a registry need not have them. The lock file still rules.
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** Runs a program to its end; ends this one when it fails. @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
export function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (status === 0) return;
  console.error(`${[command, ...args].join(" ")} failed: ${error?.message ?? signal ?? `exit code ${status}`}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installPackages();
