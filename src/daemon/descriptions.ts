import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Descriptions } from "../schema/openapi.ts";

/** Texts of `kubectl explain`, taken from a dependency when the package is built; none where the file is missing. */
export function fieldDescriptions(programs: string): () => Descriptions {
  return () => {
    try {
      return JSON.parse(readFileSync(join(programs, "descriptions.json"), "utf8")) as Descriptions;
    } catch {
      return {};
    }
  };
}

/** Differs from build to build. */
export function buildName(programs: string, version: string): string {
  return `${version} ${statSync(join(programs, "control-plane.cjs")).mtimeMs}`;
}
