/**
 * How the node agent is started: in namespaces of its own, so that nothing it does touches the machine and all of it ends with it. As root
 * the same without a user namespace. `sh` is process 1 in there because Node doesn't reap children that aren't its own.
 */
import { type ChildProcess, spawn } from "node:child_process";

export interface AgentLaunch {
  /** Program and arguments to run inside; the IPC channel of `spawnAgent` reaches it. */
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Where stdout and stderr go: file descriptors, or "inherit", "pipe", "ignore". */
  readonly output?: "inherit" | "pipe" | "ignore" | number | undefined;
  /** Default: whether this process is root. */
  readonly asRoot?: boolean | undefined;
  /** Only a network of its own: what it mounts and the processes it names are the machine's, for a container runtime outside. Needs root. */
  readonly networkOnly?: boolean | undefined;
}

/** Killing the child (SIGKILL) ends everything inside. It ends by itself when this process does. */
export function spawnAgent(launch: AgentLaunch): ChildProcess {
  const output = launch.output ?? "inherit";
  const asRoot = launch.asRoot ?? process.getuid?.() === 0;
  const [file, ...args] = launch.networkOnly === true ? insideNetwork(launch.command) : insideNamespaces(launch.command, asRoot);
  return spawn(file, args, { env: launch.env, stdio: ["ignore", output, output, "ipc"] });
}

/** The process that is started becomes the command itself. */
function insideNetwork(command: readonly string[]): [string, ...string[]] {
  return ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--net", "--", ...command];
}

export function insideNamespaces(command: readonly string[], asRoot: boolean): [string, ...string[]] {
  return [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "--",
    "unshare",
    ...(asRoot ? [] : ["--user", "--map-root-user"]),
    "--net",
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--",
    "sh",
    "-c",
    // A foreground job, not `exec`: while it waits, sh also reaps whatever else was orphaned.
    '"$@"; exit $?',
    "sh",
    ...command,
  ];
}
