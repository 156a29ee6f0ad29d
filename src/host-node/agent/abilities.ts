/**
 * What this machine lets the node agent do, found out by trying it once in namespaces as the agent's: for `cox doctor`, and for one clear sentence instead
 * of a failure half way. Touches nothing outside.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { toolEnvironment } from "../tool.ts";
import { insideNamespaces } from "./namespaces.ts";

export type AbilityName = "namespaces" | "mounts" | "network" | "rules" | "overlay" | "terminals";

export interface Ability {
  readonly name: AbilityName;
  readonly ok: boolean;
  /** Whether pods can run at all without it. */
  readonly required: boolean;
  /** What the machine said; empty when ok. */
  readonly why: string;
  /** What to do about it; empty when ok. */
  readonly remedy: string;
}

interface Trial {
  readonly name: AbilityName;
  readonly required: boolean;
  /** Run inside by sh; fails with its reason on stderr. */
  readonly script: string;
  readonly remedy: string;
}

const trials: readonly Trial[] = [
  {
    name: "mounts",
    required: true,
    script:
      "mount -t tmpfs tmpfs /mnt && mkdir /mnt/proc /mnt/dev && touch /mnt/null && mount -t proc proc /mnt/proc && mount --bind /dev/null /mnt/null",
    remedy: "run on a machine (or in a container) that allows mounts in user namespaces",
  },
  {
    name: "network",
    required: true,
    script:
      "ip link set lo up && ip link add cox0 type veth peer name cox1 && ip addr add 169.254.1.1/32 dev cox0 && echo 1 >/proc/sys/net/ipv4/ip_forward",
    remedy: "install the package iproute2",
  },
  {
    name: "rules",
    required: false,
    script:
      "printf 'table ip cox {\\n chain c {\\n type nat hook output priority -100;\\n meta l4proto tcp dnat to 10.0.0.1:80\\n }\\n}\\n' | nft -f -",
    remedy: "install the package nftables: without it Services go through a proxy in user space, at half the speed",
  },
  {
    name: "overlay",
    required: false,
    script:
      "cd /mnt && mkdir l u w m && { mount -t overlay overlay -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w,userxattr /mnt/m || mount -t overlay overlay -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/m; }",
    remedy: "use a kernel of 5.11 or later: without overlays each container's root is copied",
  },
  {
    name: "terminals",
    required: false,
    script: "script -q -e -c true /dev/null </dev/null >/dev/null",
    remedy: "install the package bsdutils (util-linux): without it there is no kubectl exec -t",
  },
];

/** `asRoot`: default, whether this process is root. */
export async function probeAbilities(asRoot: boolean = process.getuid?.() === 0): Promise<readonly Ability[]> {
  const script = trials.map(({ name, script }) => `said=$({ ${script}; } 2>&1) && echo "${name} ok" || echo "${name} no" $said`).join("\n");
  const { output, complaint } = await runInside(asRoot, script);
  const namespaces: Ability = output.includes("ok")
    ? { name: "namespaces", ok: true, required: true, why: "", remedy: "" }
    : { name: "namespaces", ok: false, required: true, why: complaint || "refused", remedy: namespacesRemedy() };
  return [namespaces, ...trials.map((trial) => abilityOf(trial, output))];
}

function abilityOf({ name, required, remedy }: Trial, output: string): Ability {
  const line = output.split("\n").find((each) => each.startsWith(`${name} `)) ?? `${name} no not tried`;
  const ok = line === `${name} ok`;
  return { name, ok, required, why: ok ? "" : line.slice(name.length + 4), remedy: ok ? "" : remedy };
}

function namespacesRemedy(): string {
  if (setting("kernel/apparmor_restrict_unprivileged_userns") === "1")
    return "as root: sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  if (setting("kernel/unprivileged_userns_clone") === "0") return "as root: sysctl kernel.unprivileged_userns_clone=1";
  if (setting("user/max_user_namespaces") === "0") return "as root: sysctl user.max_user_namespaces=10000";
  return "run outside of a container, or in one that allows namespaces (docker run --privileged)";
}

/** A kernel setting; empty where there is none of that name. */
function setting(path: string): string {
  try {
    return readFileSync(`/proc/sys/${path}`, "utf8").trim();
  } catch {
    return "";
  }
}

const limitMs = 10_000;

function runInside(asRoot: boolean, script: string): Promise<{ readonly output: string; readonly complaint: string }> {
  const [file, ...args] = insideNamespaces(["sh", "-c", script], asRoot);
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: toolEnvironment, stdio: ["ignore", "pipe", "pipe"], timeout: limitMs });
    let output = "";
    let complaint = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
    child.once("error", (error) => resolve({ output, complaint: error.message }));
    child.once("close", () => resolve({ output, complaint: complaint.trim() }));
  });
}
