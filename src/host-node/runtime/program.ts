/** Which program a container starts: image entrypoint and cmd, overridden by command and args, looked up as execvp would inside the container. */
import { posix } from "node:path";
import { type ContainerConfig, StartError } from "../../kubelet/ports/runtime.ts";
import type { ImageConfig } from "../images/image.ts";
import { findInRoot, type RootView } from "./rootView.ts";

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Upstream: the table in the documentation of a container's command and args. */
export function commandLine(config: Pick<ContainerConfig, "command" | "args">, image: ImageConfig): readonly string[] {
  if (config.command.length > 0) return [...config.command, ...config.args];
  return [...image.entrypoint, ...(config.args.length > 0 ? config.args : image.cmd)];
}

export function environmentOf(config: Pick<ContainerConfig, "env">, image: ImageConfig): ReadonlyMap<string, string> {
  const env = new Map([["PATH", defaultPath]]);
  for (const { name, value } of [...image.env, ...config.env]) env.set(name, value);
  return env;
}

export interface ProgramLookup {
  readonly name: string | undefined;
  readonly workingDir: string;
  /** The container's own PATH. */
  readonly path: string;
}

/** Throws StartError: 127 when there is no such program inside, 126 when it can't be executed. */
export function requireProgram(view: RootView, { name, workingDir, path }: ProgramLookup): void {
  if (name === undefined || name === "") throw new StartError(128, "no command specified");
  const candidates = name.includes("/")
    ? [posix.resolve(workingDir, name)]
    : path.split(":").map((folder) => posix.resolve(workingDir, folder, name));
  let refused = false;
  for (const candidate of candidates) {
    const { stats } = findInRoot(view, candidate);
    if (stats === undefined) continue;
    if (stats.isFile() && (stats.mode & 0o111) !== 0) return;
    refused = true;
  }
  if (refused) throw new StartError(126, `exec: ${JSON.stringify(name)}: permission denied`);
  const reason = name.includes("/") ? `stat ${name}: no such file or directory` : "executable file not found in $PATH";
  throw new StartError(127, `exec: ${JSON.stringify(name)}: ${reason}`);
}
