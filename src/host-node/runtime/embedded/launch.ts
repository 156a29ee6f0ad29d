/**
 * The one command that turns into a container: join the sandbox's namespaces, unshare mounts and process ids, make all mounts at once, move the
 * new root over the old one, drop rights, run the program. Only util-linux, 12 ms. Pure: gives file, arguments and environment.
 * The moved root can't be left by a chroot trick: nothing of the machine is reachable above it.
 */
import type { Privileges } from "./privileges.ts";

export interface LaunchRequest {
  /** Holds `fstab` and `root`. */
  readonly folder: string;
  readonly sandboxPid: number;
  /** Share the sandbox's process ids instead of having its own. */
  readonly sharePids: boolean;
  readonly privileges: Privileges;
  readonly workingDir: string;
  readonly env: ReadonlyMap<string, string>;
  readonly command: readonly string[];
}

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * File descriptor 3 gets `go PID` (the pid as the agent sees it) right before the program starts; what failed before that is on stderr. The shell
 * that forks process 1 stays, so that its exit tells how the container ended (128 + n for a signal; `unshare --fork` can't tell of SIGKILL);
 * its own complaints are nobody's business.
 */
const script = `
folder=$1 dir=$2; shift 2
exec 4>&2 2>/dev/null
(
  exec 2>&4 4>&-
  /bin/mount -a -T "$folder/fstab" || exit 125
  cd "$folder/root" && /bin/mount -n --move . / || exit 125
  read -r pid rest </proc/self/stat || exit 125
  echo "go $pid" >&3
  exec 3>&-
  exec /usr/bin/unshare --root=. --wd="$dir" "$@"
)
exit $?
`;

export function containerLaunch(request: LaunchRequest): Launch {
  const { direct, indirect } = splitEnvironment(request.env);
  const settings = indirect.length === 0 ? [] : ["/usr/bin/env", "--", ...indirect];
  const join = ["-t", String(request.sandboxPid), "-n", "-u", "-i", ...(request.sharePids ? ["-p"] : [])];
  const pids = request.sharePids ? [] : ["--pid"];
  return {
    file: "/usr/bin/nsenter",
    args: [
      ...join,
      "--",
      "/usr/bin/unshare",
      "--mount",
      ...pids,
      "--",
      "/bin/sh",
      "-c",
      script,
      "sh",
      request.folder,
      request.workingDir,
      ...request.privileges.prefix,
      ...settings,
      ...request.command,
    ],
    env: direct,
  };
}

/** Names that would steer our own tools or that a shell doesn't pass on are set by `env`, inside, at the very end. */
function splitEnvironment(env: ReadonlyMap<string, string>): { readonly direct: NodeJS.ProcessEnv; readonly indirect: readonly string[] } {
  const direct: NodeJS.ProcessEnv = {};
  const indirect: string[] = [];
  for (const [name, value] of env) {
    const steers = /^(LD_|GLIBC_|MALLOC_|LIBMOUNT_|PWD$|OLDPWD$|IFS$|PS[124]$|OPTIND$|PPID$|BASH|ENV$|SHELLOPTS$|POSIXLY)/;
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !steers.test(name)) direct[name] = value;
    else indirect.push(`${name}=${value}`);
  }
  return { direct, indirect };
}

/** A command in a running container, with that container's rights. */
export function execLaunch(request: {
  readonly pid: number;
  readonly privileges: Privileges;
  readonly env: ReadonlyMap<string, string>;
  readonly command: readonly string[];
}): Launch {
  const env = [...request.env].map(([name, value]) => `${name}=${value}`);
  const namespaces = ["-m", "-u", "-i", "-n", "-p", "-r", "-w"];
  return {
    file: "/usr/bin/nsenter",
    args: [
      "-t",
      String(request.pid),
      ...namespaces,
      "--",
      ...request.privileges.prefix,
      "/usr/bin/env",
      "-i",
      "--",
      ...env,
      ...request.command,
    ],
    env: {},
  };
}
