/**
 * Seccomp filters of containers. Only a process itself can put one on, and the base system has one program that makes any system call: perl (Debian's perl-base, without
 * modules). It puts the filter on inside the container, right before setpriv takes the rest of the rights away.
 */
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import type { ContainerConfig } from "../../../kubelet/ports/runtime.ts";
import { compileFilter } from "../seccomp/filter.ts";
import { defaultProfile, parseProfile, type Profile, unconfined, withOneId } from "../seccomp/profile.ts";
import { machines } from "../seccomp/syscallNumbers.ts";
import { runTool } from "../../tool.ts";
import { insideTool } from "./insideTools.ts";
import { UnsupportedContainer } from "./unsupported.ts";

export interface Seccomp {
  /** Why there are no filters here; empty where there are. */
  readonly missing: string;
  /**
   * What stands before the program; nothing for who is unconfined. `hasOneId`: root inside is all there is. Throws UnsupportedContainer for a profile that
   * can't be read.
   */
  words(security: ContainerConfig["security"], capabilities: ReadonlySet<string>, hasOneId: boolean): readonly string[];
}

/**
 * Numbers of prctl and seccomp, the filter, then the command. seccomp(1, 0, program); without the right to it, no_new_privs comes first. A number in quotes
 * would be passed as an address: hence `0+`.
 */
const putOn =
  'my($p,$s,$f)=(0+shift,0+shift,pack("H*",shift));my $g=pack("S x6 P",length($f)/8,$f);' +
  "if(syscall($s,1,0,$g)!=0){syscall($p,38,1,0,0,0);syscall($s,1,0,$g)==0 or die qq(seccomp: $!\\n)}" +
  "exec{$ARGV[0]}@ARGV or die qq($ARGV[0]: $!\\n)";

/** `folder`: of the profiles that pods may name as Localhost. */
export async function openSeccomp(folder: string): Promise<Seccomp> {
  const machine = machines.get(process.arch);
  if (machine === undefined) return noFilters(`no filters are known for ${process.arch}`);
  const numbers = ["prctl", "seccomp"].map((name) => String(machine.calls.get(name) ?? 0));
  const filterOf = (profile: Profile): string => compileFilter(profile, machine).toString("hex");
  try {
    await runTool("perl", ["-e", putOn, ...numbers, filterOf(defaultProfile(new Set(["sys_admin"]))), "true"]);
  } catch (error) {
    return noFilters(error instanceof Error ? error.message.replace(/^perl .*: /, "perl: ") : String(error));
  }
  return {
    missing: "",
    words(security, capabilities, hasOneId) {
      const profile = profileOf(security, capabilities, folder);
      if (profile === unconfined && !hasOneId) return [];
      return [...insideTool("perl"), "-e", putOn, ...numbers, filterOf(hasOneId ? withOneId(profile) : profile)];
    },
  };
}

export function seccompCondition(why: string): { readonly type: string; readonly reason: string; readonly message: string } {
  return { type: "SeccompNotEnforced", reason: "NoFilters", message: `Pods run without seccomp profiles: ${why}` };
}

function profileOf(security: ContainerConfig["security"], capabilities: ReadonlySet<string>, folder: string): Profile {
  const { seccomp, privileged } = security;
  if (privileged || seccomp === "" || seccomp === "Unconfined") return unconfined;
  return seccomp.startsWith("Localhost/") ? localhost(folder, seccomp.slice("Localhost/".length)) : defaultProfile(capabilities);
}

function noFilters(missing: string): Seccomp {
  return { missing, words: () => [] };
}

function localhost(folder: string, name: string): Profile {
  const path = normalize(name);
  if (path.startsWith("..") || path.startsWith("/"))
    throw new UnsupportedContainer(`the seccomp profile ${JSON.stringify(name)} is not below ${folder}`);
  try {
    return parseProfile(readFileSync(join(folder, path), "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnsupportedContainer(`cannot load seccomp profile ${JSON.stringify(join(folder, path))}: ${why}`);
  }
}
