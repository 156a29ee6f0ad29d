import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Descriptions } from "../apiserver/server/options.ts";

/** Texts of `kubectl explain`, taken from a dependency when the package is built; read when first asked for. */
export function fieldDescriptions(programs: string): Descriptions {
  let texts: Readonly<Record<string, string>> | undefined;
  return (struct, field) => {
    texts ??= read(join(programs, "descriptions.json"));
    return texts[field === "" ? struct : `${struct}.${field}`];
  };
}

function read(path: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, string>>;
  } catch {
    return {};
  }
}
