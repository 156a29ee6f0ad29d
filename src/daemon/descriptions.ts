import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Texts of `kubectl explain`, taken from a dependency when the package is built; read when first asked for. */
export function fieldDescriptions(programs: string): () => unknown {
  return () => {
    try {
      return JSON.parse(readFileSync(join(programs, "descriptions.json"), "utf8")) as unknown;
    } catch {
      return undefined;
    }
  };
}
