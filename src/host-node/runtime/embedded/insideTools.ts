/**
 * The few tools that run inside a container's root right before its program: copied with their libraries and loader, because an image need not have them.
 * They show in every container as /dev/.coxswain, read-only.
 */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { runTool } from "../../tool.ts";

/** In every container's /dev, where a mount of its own may hold programs. */
export const insideToolsName = ".coxswain";
const inside = `/dev/${insideToolsName}`;
const tools = ["setpriv", "env", "unshare"] as const;
/** Only where the machine has it. */
const furtherTools = ["perl"] as const;
const loader = "loader";

/** The words that start a tool inside. */
export function insideTool(name: (typeof tools)[number] | (typeof furtherTools)[number]): readonly string[] {
  return [`${inside}/${loader}`, "--library-path", inside, `${inside}/${name}`];
}

/** `folder` is made. */
export async function copyInsideTools(folder: string): Promise<void> {
  mkdirSync(folder);
  const programs = [...tools.map((name) => `/usr/bin/${name}`), ...furtherTools.map((name) => `/usr/bin/${name}`).filter(existsSync)];
  for (const program of programs) copyFileSync(program, join(folder, basename(program)));
  const libraries = new Set((await runTool("ldd", programs)).match(/(?<=\s)\/\S+(?=\s\()/g));
  for (const path of libraries) copyFileSync(path, join(folder, /\/ld[-.]/.test(path) ? loader : basename(path)));
}
