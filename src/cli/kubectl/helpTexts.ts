/** kubectl's help texts, which the build takes out of the genuine program (tools/gen/kubectl-texts.mjs) and lays beside the programs. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** None where the build had none. */
export async function helpTexts(folder: string): Promise<Readonly<Record<string, string>>> {
  try {
    return JSON.parse(await readFile(join(folder, "kubectl-help.json"), "utf8")) as Readonly<Record<string, string>>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
