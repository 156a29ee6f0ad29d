// @ts-check
/** Installs the client library of test/clients by its own lock file: large, and nobody but that test needs it. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../test/clients", import.meta.url));

/** Gives the folder of the programs that use it. */
export function clientLibrary() {
  if (!existsSync(join(folder, "node_modules/.package-lock.json"))) {
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(clientLibrary());
