/**
 * What a container's program may do: user, groups, capabilities, as arguments of setpriv. It runs as the last step inside the container, so
 * nothing after it has more rights. Capabilities only ever count inside the agent's namespaces when the agent runs as an ordinary user.
 */
import type { ContainerConfig } from "../../../kubelet/ports/runtime.ts";
import type { Identity } from "../accounts.ts";
import { insideTool } from "./insideTools.ts";
import { UnsupportedContainer } from "./unsupported.ts";

/** As containerd's default, without mknod: there is no device list to hold it back. */
const defaultCapabilities = [
  "chown",
  "dac_override",
  "fowner",
  "fsetid",
  "kill",
  "setgid",
  "setuid",
  "setpcap",
  "net_bind_service",
  "net_raw",
  "sys_chroot",
  "audit_write",
  "setfcap",
];

const known = new Set([
  ...defaultCapabilities,
  ..."dac_read_search linux_immutable net_broadcast net_admin ipc_lock ipc_owner sys_module sys_rawio sys_ptrace sys_pacct sys_admin".split(
    " ",
  ),
  ..."sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_control mac_override mac_admin syslog".split(" "),
  ..."wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore".split(" "),
]);
export interface Privileges {
  /** Comes right before the program, inside its root. */
  readonly prefix: readonly string[];
  /** Whose its terminals are, where that has to be set. */
  readonly owner: number | undefined;
}

/** `seccomp`: gives the words that set the filter of a container with these capabilities. Throws UnsupportedContainer. */
export function privilegesOf(
  security: ContainerConfig["security"],
  user: Identity,
  asRoot: boolean,
  seccomp: (capabilities: ReadonlySet<string>) => readonly string[] = () => [],
): Privileges {
  const capabilities = capabilitiesOf(security);
  // The filter needs rights that setpriv takes away, and lets setpriv do its work.
  const setpriv = [...seccomp(capabilities), ...insideTool("setpriv"), "--bounding-set", boundingSet(capabilities), "--inh-caps", "-all"];
  if (security.noNewPrivileges) setpriv.push("--no-new-privs");
  if (asRoot) {
    const groups = ["--groups", [user.gid, ...user.groups].join(",")];
    const prefix = [...setpriv, "--reuid", String(user.uid), "--regid", String(user.gid), ...groups, "--"];
    return { prefix, owner: user.uid === 0 ? undefined : user.uid };
  }
  if (user.uid === 0 && user.gid === 0) return { prefix: [...setpriv, "--"], owner: undefined };
  // One id is mapped into the agent's user namespace: another one needs a namespace of its own, where it stands for the same user. Further groups
  // can't be had there.
  return {
    prefix: [...insideTool("unshare"), "--user", `--map-user=${user.uid}`, `--map-group=${user.gid}`, "--", ...setpriv, "--"],
    owner: undefined,
  };
}

function capabilitiesOf(security: ContainerConfig["security"]): ReadonlySet<string> {
  const add = named(security.capabilities.add);
  const unknown = add.find((name) => name !== "all" && !known.has(name));
  if (unknown !== undefined) throw new UnsupportedContainer(`unknown capability ${JSON.stringify(unknown.toUpperCase())} to add`);
  const drop = new Set(named(security.capabilities.drop));
  const everything = security.privileged || add.includes("all");
  const wanted = everything ? [...known] : [...(drop.has("all") ? [] : defaultCapabilities), ...add];
  return new Set(wanted.filter((name) => !drop.has(name) || add.includes(name) || security.privileged));
}

function named(list: readonly string[]): readonly string[] {
  return list.map((name) => name.toLowerCase().replace(/^cap_/, ""));
}

function boundingSet(capabilities: ReadonlySet<string>): string {
  return ["-all", ...[...capabilities].map((name) => `+${name}`)].join(",");
}
