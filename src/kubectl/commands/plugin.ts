/** `kubectl plugin list`. Upstream: kubectl/pkg/cmd/plugin */
import { type Verb, verb, verbGroup } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { bool } from "../flags.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Files } from "../host.ts";
import type { Session } from "../session.ts";

const list = (verbNames: readonly string[]): Verb =>
  verb({
    name: "list",
    flags: { "name-only": bool() },
    async run({ flags, session }) {
      const found = await pluginsOnPath(session);
      const problems: string[] = [];
      if (found.length > 0) session.out("The following compatible plugins are available:\n\n");
      else problems.push("error: unable to find any kubectl plugins in your PATH");
      let warnings = 0;
      const seen = new Map<string, string>();
      for (const path of found) {
        session.out(`${flags["name-only"] ? baseName(path) : path}\n`);
        for (const warning of await warningsOf({ session, path, seen, verbNames })) {
          session.err(`  - ${warning}\n`);
          warnings += 1;
        }
      }
      if (warnings === 1) problems.push("error: one plugin warning was found");
      if (warnings > 1) problems.push(`error: ${warnings} plugin warnings were found`);
      if (problems.length > 0) throw new KubectlError(problems.map((problem) => `${problem}\n`).join(""));
    },
  });

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

async function pluginsOnPath(session: Session): Promise<string[]> {
  const { env, files } = session.host;
  const found: string[] = [];
  for (const folder of new Set((env["PATH"] ?? "").split(":").map((one) => one.trim()))) {
    if (folder === "") continue;
    try {
      found.push(...(await pluginsIn(folder, files)));
    } catch (error) {
      session.err(`Unable to read directory ${goQuote(folder)} from your PATH: ${textOf(error)}. Skipping...\n`);
    }
  }
  return found;
}

async function pluginsIn(folder: string, files: Files): Promise<string[]> {
  const found: string[] = [];
  for (const name of await files.list(folder)) {
    if (!name.startsWith("kubectl-")) continue;
    if ((await files.stat(`${folder}/${name}`))?.kind !== "folder") found.push(`${folder}/${name}`);
  }
  return found;
}

interface Candidate {
  readonly session: Session;
  readonly path: string;
  readonly seen: Map<string, string>;
  readonly verbNames: readonly string[];
}

async function warningsOf({ session, path, seen, verbNames }: Candidate): Promise<string[]> {
  const warnings: string[] = [];
  const name = baseName(path);
  const mode = (await session.host.files.stat(path))?.mode ?? 0;
  if ((mode & 0o111) === 0) warnings.push(`warning: ${path} identified as a kubectl plugin, but it is not executable`);
  const earlier = seen.get(name);
  if (earlier === undefined) seen.set(name, path);
  else warnings.push(`warning: ${path} is overshadowed by a similarly named plugin: ${earlier}`);
  const [, verbName = ""] = name.split("-");
  if (verbNames.includes(verbName)) warnings.push(`warning: ${name} overwrites existing command: "kubectl ${verbName}"`);
  return warnings;
}

/** `verbNames`: the words that no plugin can have. */
export function plugin(verbNames: readonly string[]): Verb {
  return verbGroup("plugin", [list(verbNames)], { helpOnStderr: true });
}
