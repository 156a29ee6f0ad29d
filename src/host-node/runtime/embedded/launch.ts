/**
 * The one command that turns into a container: join the sandbox's namespaces, unshare mounts and process ids, make all mounts at once, move the
 * new root over the old one, drop rights, run the program. Only util-linux, 12 ms. Gives file, arguments and environment; starts nothing.
 * The moved root can't be left by a chroot trick: nothing of the machine is reachable above it.
 */
import { insideTool } from "./insideTools.ts";
import type { Privileges } from "./privileges.ts";
import { onTerminal } from "./terminal.ts";

export interface LaunchRequest {
  /** Holds `fstab`, `join` and `root`. */
  readonly folder: string;
  readonly sandboxPid: number;
  /** Whose process ids it sees. */
  readonly pids: "own" | "pod" | "node";
  readonly tty: boolean;
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
 * The shell that forks process 1 stays, so that its exit tells how the container ended (128 + n for a signal; `unshare --fork` can't tell of
 * SIGKILL). Its own complaints are nobody's business.
 */
const forked = (inside: string, pids: LaunchRequest["pids"]): string => `
${pids === "own" ? "" : 'read -r own rest </proc/self/stat && echo "$own" >"$1/holder"'}
exec 4>&2 2>/dev/null
(
exec 2>&4 4>&-
${inside}
)
code=$?
${pids === "own" ? "" : '[ -e "$1/went" ] && read -r rest <&3'}
exit $code
`;

/**
 * Where processes may outlive the program, the shell that stays has its pid in the file `holder` and doesn't end before the agent, having been told `go`,
 * closes its end of file descriptor 3: until then the mount namespace can be opened, however soon the program ends. (Its number alone won't do: the
 * kernel gives it to the next one.)
 */
const markWent = ': >"$folder/went" || exit 125';

/**
 * What the container sees is mounted, and its terminals take the place of the agent's in what will lie below its root: `script`, which works from
 * there, then makes them where they belong.
 */
const prepare = `
/bin/mount -n -a -T "$1/fstab" || exit 125
/bin/mount -n --bind "$1/root/dev/pts" /dev/pts || exit 125
`;

/** File descriptor 3 gets `go PID` (the pid as the agent sees it) right before the program starts; what failed before that is on stderr. */
const enter = (pids: LaunchRequest["pids"]): string => `
folder=$1 dir=$2; shift 2
cd "$folder/root" && /bin/mount -n --move . / || exit 125
. "$folder/join"
read -r pid rest </proc/self/stat || exit 125
${pids === "own" ? "" : markWent}
echo "go $pid" >&3
exec 3>&-
exec /usr/bin/unshare --root=. --wd="$dir" "$@"
`;

/** A command in a container counts as the container's own processes do. */
const joining = '. "$1"; shift; exec "$@"';

export function containerLaunch(request: LaunchRequest): Launch {
  const { folder, privileges, pids } = request;
  const { direct, indirect } = splitEnvironment(request.env);
  const settings = indirect.length === 0 ? [] : [...insideTool("env"), "--", ...indirect];
  const program = [folder, request.workingDir, ...privileges.prefix, ...settings, ...request.command];
  const namespaces = ["-t", String(request.sandboxPid), "-n", "-u", "-i", ...(pids === "pod" ? ["-p"] : [])];
  const terminal = (): readonly string[] =>
    onTerminal(["/bin/sh", "-c", enter(pids), "sh", ...program], { folder, owner: privileges.owner });
  const shell = request.tty
    ? [forked(`${prepare}shift; exec "$@"`, pids), "sh", folder, ...terminal()]
    : [forked(prepare + enter(pids), pids), "sh", ...program];
  const unshare = ["/usr/bin/unshare", "--mount", ...(pids === "own" ? ["--pid"] : [])];
  return {
    file: "/usr/bin/nsenter",
    args: [...namespaces, "--", ...unshare, "--", "/bin/sh", "-c", ...shell],
    env: request.tty ? { ...direct, SHELL: "/bin/sh" } : direct,
  };
}

/** Names that would steer our own tools or that a shell doesn't pass on are set by `env`, inside, at the very end. */
function splitEnvironment(env: ReadonlyMap<string, string>): { readonly direct: NodeJS.ProcessEnv; readonly indirect: readonly string[] } {
  const direct: NodeJS.ProcessEnv = {};
  const indirect: string[] = [];
  const steers =
    /^(LD_|GLIBC_|MALLOC_|LIBMOUNT_|PERL|LC_|LANG|PWD$|OLDPWD$|IFS$|PS[124]$|OPTIND$|PPID$|SHELL$|BASH|ENV$|SHELLOPTS$|POSIXLY)/;
  for (const [name, value] of env) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !steers.test(name)) direct[name] = value;
    else indirect.push(`${name}=${value}`);
  }
  return { direct, indirect };
}

export interface ExecRequest {
  /** Process 1 of the container. */
  readonly pid: number;
  /** The one that started it: in the same mounts, but with the agent's root. */
  readonly parentPid: number;
  /** Holds `join`; for the terminal's script. */
  readonly folder: string;
  readonly tty: boolean;
  readonly privileges: Privileges;
  readonly env: ReadonlyMap<string, string>;
  readonly command: readonly string[];
}

/**
 * A command in a running container, with that container's rights. A terminal is made from within the container's process ids, for a shell that takes
 * control of it must see its own process group, and from within its mounts, for it to be one of its terminals.
 */
export function execLaunch({ pid, parentPid, folder, tty, privileges, env, command }: ExecRequest): Launch {
  const settings = [...insideTool("env"), "-i", "--", ...[...env].map(([name, value]) => `${name}=${value}`)];
  const target = ["-t", String(pid)];
  const rest = ["-m", "-u", "-i", "-n", "-r", "-w", "--", ...privileges.prefix, ...settings, ...command];
  const place = { folder, owner: privileges.owner };
  const args = tty
    ? ["-p", "-m", `--root=/proc/${parentPid}/root`, "--", ...onTerminal(["/usr/bin/nsenter", ...target, ...rest], place)]
    : ["-p", ...rest];
  const shell = ["-c", joining, "sh", `${folder}/join`, "/usr/bin/nsenter", ...target, ...args];
  return { file: "/bin/sh", args: shell, env: { PATH: "/usr/bin:/bin", SHELL: "/bin/sh" } };
}
