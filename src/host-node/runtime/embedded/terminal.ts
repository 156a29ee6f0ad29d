/**
 * A terminal without a native module: `script` (util-linux) makes one and runs the launch in it. Sizes are set from outside by `stty` on the
 * terminal's own path.
 */
import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../../tool.ts";
import type { Launch } from "./launch.ts";

/** The launch goes into a file, since `script` takes one shell line. `folder` is where that file may lie. */
export function terminalLaunch(launch: Launch, folder: string): Launch {
  const path = join(folder, `terminal-${process.hrtime.bigint()}`);
  const words = [launch.file, ...launch.args].map(quote).join(" ");
  writeFileSync(path, `exec ${words}\n`);
  // Not a login shell's idea of SHELL: script runs its line with it.
  return {
    file: "/usr/bin/script",
    args: ["-q", "-e", "-f", "-c", `exec sh ${quote(path)}`, "/dev/null"],
    env: { ...launch.env, SHELL: "/bin/sh" },
  };
}

/** `pid`: any process on that terminal. Does nothing when it has none. */
export async function resizeTerminal(pid: number, size: { readonly width: number; readonly height: number }): Promise<void> {
  const path = readlinkSync(`/proc/${pid}/fd/0`);
  if (!path.startsWith("/dev/pts/")) return;
  await runTool("stty", ["-F", path, "cols", String(size.width), "rows", String(size.height)]);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
