/**
 * What a container may ask of the kernel. RuntimeDefault is what container runtimes agree on: everything but what reaches around namespaces, opened again by
 * the capability that it belongs to. Localhost profiles are read in the form that OCI runtimes and Docker share.
 * Left out of Localhost profiles: notifications to a listener, tracing, flags.
 * Upstream: github.com/containerd/containerd/contrib/seccomp, opencontainers/runtime-spec config-linux.md (seccomp)
 */

export type Verdict = { readonly does: "allow" | "kill" | "killThread" | "log" } | { readonly does: "refuse"; readonly errno: number };

type Operator = "==" | "!=" | "<" | "<=" | ">=" | ">" | "masked==";

export interface ArgumentTest {
  /** Which argument, from 0. */
  readonly index: number;
  readonly operator: Operator;
  /** With masked==: the mask. */
  readonly value: bigint;
  /** With masked==: what the masked argument shall be. */
  readonly other: bigint;
}

export interface Rule {
  readonly names: readonly string[];
  /** All of them must hold. */
  readonly tests: readonly ArgumentTest[];
  readonly verdict: Verdict;
}

export interface Profile {
  readonly otherwise: Verdict;
  /** The first that fits counts. */
  readonly rules: readonly Rule[];
}

const allow: Verdict = { does: "allow" };
const notPermitted: Verdict = { does: "refuse", errno: 1 };
const notImplemented: Verdict = { does: "refuse", errno: 38 };

/** CLONE_NEWNS and its like: a thread is fine, a namespace isn't. */
const namespaceFlags = 0x7e020000n;
const vsock = 40n;

/** Calls that no container has any business with, whatever it is given. */
const never =
  "add_key keyctl request_key create_module get_kernel_syms query_module io_uring_setup io_uring_enter io_uring_register kexec_load kexec_file_load " +
  "migrate_pages move_pages nfsservctl pivot_root swapon swapoff sysfs _sysctl uselib userfaultfd ustat getpmsg putpmsg afs_syscall tuxcall security vserver " +
  "open_tree_attr";

/** By the capability that opens them; a call stands under each that does. */
const byCapability: Readonly<Record<string, string>> = {
  sys_admin:
    "bpf fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount " +
    "open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount2 unshare clone3",
  dac_read_search: "open_by_handle_at",
  sys_boot: "reboot",
  sys_chroot: "chroot",
  sys_module: "delete_module init_module finit_module",
  sys_pacct: "acct",
  sys_ptrace: "kcmp pidfd_getfd process_madvise",
  sys_rawio: "iopl ioperm",
  sys_time: "settimeofday clock_settime",
  sys_tty_config: "vhangup",
  sys_nice: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
  syslog: "syslog",
  bpf: "bpf",
  perfmon: "perf_event_open",
};

const rule = (names: readonly string[], verdict: Verdict, tests: readonly ArgumentTest[] = []): Rule => ({ names, tests, verdict });
const first = (operator: Operator, value: bigint, other = 0n): ArgumentTest => ({ index: 0, operator, value, other });
const words = (text: string): readonly string[] => text.split(" ");

/** `capabilities`: what the container keeps, in lower case without `cap_`. */
export function defaultProfile(capabilities: ReadonlySet<string>): Profile {
  const opened = new Set(Object.entries(byCapability).flatMap(([name, calls]) => (capabilities.has(name) ? words(calls) : [])));
  const closed = [...new Set(Object.values(byCapability).flatMap(words))].filter((call) => !opened.has(call) && call !== "clone3");
  const threads = [
    rule(["clone"], allow, [first("masked==", namespaceFlags)]),
    rule(["clone"], notPermitted),
    // Its flags are behind a pointer: libraries take `clone` instead when they hear this.
    rule(["clone3"], notImplemented),
  ];
  // Linux, Linux with 16-bit uids, no randomisation, and the question which one it is.
  const personalities = [0n, 8n, 0x20000n, 0x20008n, 0xffffffffn];
  return {
    otherwise: allow,
    rules: [
      rule([...words(never), ...closed], notPermitted),
      ...(opened.has("clone3") ? [] : threads),
      rule(["socket"], notPermitted, [first("==", vsock)]),
      ...personalities.map((value) => rule(["personality"], allow, [first("==", value)])),
      rule(["personality"], notPermitted),
    ],
  };
}

/** Calls that ask for another user or group. */
const changesOfId = "setuid setgid setreuid setregid setresuid setresgid setgroups chown fchown lchown fchownat";

/**
 * For a container that has one user and one group, for which programs that begin as root can't become another and would give up: they are told that
 * they have, and stay who they are. Upstream: the same idea is Charliecloud's (--force=seccomp)
 */
export function withOneId(profile: Profile): Profile {
  return { ...profile, rules: [rule(words(changesOfId), { does: "refuse", errno: 0 }), ...profile.rules] };
}

export const unconfined: Profile = { otherwise: allow, rules: [] };

/** Where a profile is no profile: says what is wrong. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
}

const operators: Readonly<Record<string, Operator>> = {
  SCMP_CMP_EQ: "==",
  SCMP_CMP_NE: "!=",
  SCMP_CMP_LT: "<",
  SCMP_CMP_LE: "<=",
  SCMP_CMP_GE: ">=",
  SCMP_CMP_GT: ">",
  SCMP_CMP_MASKED_EQ: "masked==",
};

interface Json {
  readonly [key: string]: unknown;
}

/** Reads an OCI or Docker profile. Throws ProfileError. */
export function parseProfile(text: string): Profile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ProfileError(error instanceof Error ? error.message : String(error));
  }
  if (!isObject(json)) throw new ProfileError("it is no object");
  const rules = json["syscalls"] ?? [];
  if (!Array.isArray(rules)) throw new ProfileError("syscalls is no list");
  return { otherwise: verdictOf(json["defaultAction"], json["defaultErrnoRet"]), rules: rules.map(ruleOf) };
}

function ruleOf(given: unknown): Rule {
  if (!isObject(given)) throw new ProfileError("a rule is no object");
  const names = given["names"] ?? (given["name"] === undefined ? undefined : [given["name"]]);
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) throw new ProfileError("a rule has no names");
  const tests = given["args"] ?? [];
  if (!Array.isArray(tests)) throw new ProfileError("args is no list");
  return { names, tests: tests.map(testOf), verdict: verdictOf(given["action"], given["errnoRet"]) };
}

function testOf(test: unknown): ArgumentTest {
  if (!isObject(test)) throw new ProfileError("an argument's test is no object");
  const operator = operators[String(test["op"])];
  const { index } = test;
  if (operator === undefined) throw new ProfileError(`unknown operator ${JSON.stringify(test["op"])}`);
  if (typeof index !== "number" || index < 0 || index > 5) throw new ProfileError("an argument's index is from 0 to 5");
  const [value, valueTwo] = [test["value"] ?? 0, test["valueTwo"] ?? 0];
  if (typeof value !== "number" || typeof valueTwo !== "number") throw new ProfileError("an argument's value is a number");
  return { index, operator, value: BigInt(value), other: BigInt(valueTwo) };
}

function verdictOf(action: unknown, errno: unknown): Verdict {
  switch (action) {
    case "SCMP_ACT_ALLOW":
      return allow;
    case "SCMP_ACT_LOG":
      return { does: "log" };
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_THREAD":
      return { does: "killThread" };
    case "SCMP_ACT_KILL_PROCESS":
      return { does: "kill" };
    case "SCMP_ACT_ERRNO":
      return { does: "refuse", errno: typeof errno === "number" ? errno : 1 };
    default:
      throw new ProfileError(`unknown action ${JSON.stringify(action)}`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
