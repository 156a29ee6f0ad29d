/** `kubectl plugin list`. Upstream: kubectl/pkg/cmd/plugin */
import { type Verb, verb, verbGroup } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { bool } from "../flags.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Session } from "../session.ts";
import { verbs } from "../verbs.ts";

const list: Verb = verb({
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
      for (const warning of await warningsOf(session, path, seen)) {
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
      for (const name of await files.list(folder)) {
        if (!name.startsWith("kubectl-")) continue;
        if ((await files.stat(`${folder}/${name}`))?.kind !== "folder") found.push(`${folder}/${name}`);
      }
    } catch (error) {
      session.err(`Unable to read directory ${goQuote(folder)} from your PATH: ${textOf(error)}. Skipping...\n`);
    }
  }
  return found;
}

async function warningsOf(session: Session, path: string, seen: Map<string, string>): Promise<string[]> {
  const warnings: string[] = [];
  const name = baseName(path);
  const mode = (await session.host.files.stat(path))?.mode ?? 0;
  if ((mode & 0o111) === 0) warnings.push(`warning: ${path} identified as a kubectl plugin, but it is not executable`);
  const earlier = seen.get(name);
  if (earlier === undefined) seen.set(name, path);
  else warnings.push(`warning: ${path} is overshadowed by a similarly named plugin: ${earlier}`);
  const [, verbName = ""] = name.split("-");
  if (verbs.some((one) => one.name === verbName)) warnings.push(`warning: ${name} overwrites existing command: "kubectl ${verbName}"`);
  return warnings;
}

export const plugin: Verb = verbGroup("plugin", [list], { helpOnStderr: true });
