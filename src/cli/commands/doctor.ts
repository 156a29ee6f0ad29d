/** `cox doctor`: what this machine can do, which means a cluster will use because of it, and what would make it better. */
import { readFileSync } from "node:fs";
import { type Ability, type AbilityName, probeAbilities } from "../../host-node/agent/abilities.ts";
import { nodeHost } from "../../host-node/nodeHost.ts";
import { openControlGroups } from "../../host-node/runtime/cgroups/controlGroups.ts";
import { openSeccomp } from "../../host-node/runtime/embedded/seccomp.ts";
import { homeFolder } from "../../daemon/clusterState.ts";
import type { Command, CommandInput } from "../command.ts";
import { freeDisk } from "../freeDisk.ts";

interface Finding {
  readonly ok: boolean;
  /** Without it no cluster can run. */
  readonly required?: boolean;
  readonly what: string;
  /** What follows from it, or what to do. */
  readonly so: string;
}

export const doctor: Command = {
  name: "doctor",
  summary: "Tells what this machine can do, and what a cluster will use because of it.",
  options: {},
  async run({ streams, env }) {
    const abilities = await probeAbilities();
    const findings = [nodeVersion(), ...abilities.map(findingOf), lowPorts(), limits(), await filters(), disk(env)];
    for (const { ok, what, so } of findings) streams.out(`${ok ? "✓" : "!"} ${what}: ${so}\n`);
    return findings.some(({ ok, required }) => !ok && required === true) ? 1 : 0;
  },
};

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { ok, required: true, what: `Node ${process.versions.node}`, so: ok ? "fine" : "install Node 20.19 or later" };
}

/** What each ability is called, and what follows where it is there. */
const abilityTexts: Readonly<Record<AbilityName, readonly [what: string, good: string]>> = {
  namespaces: ["Namespaces", "pods run in containers"],
  mounts: ["Mounts in them", "containers have root file systems of their own"],
  network: ["Pod network", "pods and Services have addresses of their own"],
  rules: ["nftables", "Services are kernel rules"],
  overlay: ["Overlay file systems", "containers share their image's files"],
  terminals: ["Terminals", "kubectl exec -it works"],
};

function findingOf({ name, ok, required, why, remedy }: Ability): Finding {
  const [what, good] = abilityTexts[name];
  const bad = `${why}; ${remedy}${required ? " (no pod can run without it)" : ""}`;
  return { ok, required, what, so: ok ? good : bad };
}

function lowPorts(): Finding {
  const start = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  const ok = process.getuid?.() === 0 || start <= 80;
  return {
    ok,
    what: "Ports below 1024",
    so: ok
      ? "LoadBalancer Services answer on their own ports"
      : "such a Service gets a high port, which 'cox service url' prints; as root: sysctl net.ipv4.ip_unprivileged_port_start=80",
  };
}

function limits(): Finding {
  const groups = openControlGroups(`coxswain.doctor.${process.pid}`, nodeHost().clock);
  groups.remove("");
  const { enforced, why } = groups.limits;
  return {
    ok: enforced,
    what: "CPU and memory limits",
    so: enforced ? "enforced by control groups" : `not enforced: ${why}; see docs/limits.md for how to be given some`,
  };
}

async function filters(): Promise<Finding> {
  const { missing } = await openSeccomp("");
  const so = missing === "" ? "pods that ask for one get it" : `pods run without them: ${missing}; install the package perl-base`;
  return { ok: missing === "", what: "Seccomp profiles", so };
}

const comfortableBytes = 2 * 2 ** 30;

function disk(env: CommandInput["env"]): Finding {
  const { folder, bytes } = freeDisk(homeFolder(env));
  const ok = bytes > comfortableBytes;
  return { ok, what: `Disk at ${folder}`, so: `${(bytes / 2 ** 30).toFixed(1)} GB free${ok ? "" : "; free some"}` };
}
