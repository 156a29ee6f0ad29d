/** Manifests from files, folders (their .yaml, .yml and .json files, in order) and standard input. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "../command.ts";
import { type ManifestFile, type ManifestObject, readManifests, RehearsalError } from "../../rehearsal/manifests.ts";

/** Throws CommandError for what can't be read, RehearsalError for what can't be rehearsed. */
export function manifestsOf(paths: readonly string[]): ManifestObject[] {
  const objects = readManifests(manifestFiles(paths));
  if (objects.length === 0) throw new RehearsalError(`There is no object in ${paths.join(", ")}.`);
  return objects;
}

function manifestFiles(paths: readonly string[]): ManifestFile[] {
  return paths.flatMap((path) => {
    if (path === "-") return [{ path: "standard input", text: readFileSync(0, "utf8") }];
    try {
      if (!statSync(path).isDirectory()) return [{ path, text: readFileSync(path, "utf8") }];
      const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
      if (names.length === 0) throw new CommandError(`The folder ${path} has no .yaml, .yml or .json file.`);
      return names.sort().map((name) => ({ path: join(path, name), text: readFileSync(join(path, name), "utf8") }));
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
