/** `cox doctor`: what this machine can do, which means a cluster will use because of it, and what would make it better. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { homeFolder } from "../../daemon/clusterState.ts";
import type { Command, CommandInput } from "../command.ts";

interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** What follows from it, or what to do. */
  readonly so: string;
}

export const doctor: Command = {
  name: "doctor",
  summary: "Tells what this machine can do, and what a cluster will use because of it.",
  options: {},
  async run({ streams, env }) {
    const findings = [
      nodeVersion(),
      namespaces(),
      program("ip", "iproute2", "pods get a network of their own", "pods run on loopback addresses"),
      nft(),
      lowPorts(),
      limits(),
      disk(env),
    ];
    for (const { ok, what, so } of findings) streams.out(`${ok ? "✓" : "!"} ${what}: ${so}\n`);
    return findings.every((finding) => finding.ok) ? 0 : 1;
  },
};

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { ok, what: `Node ${process.versions.node}`, so: ok ? "fine" : "install Node 20.19 or later" };
}

function namespaces(): Finding {
  const root = process.getuid?.() === 0;
  const flags = [...(root ? [] : ["--user", "--map-root-user"]), "--net", "--mount", "--pid", "--fork", "true"];
  const tried = spawnSync("unshare", flags, { encoding: "utf8" });
  const what = root ? "Namespaces as root" : "Namespaces as an ordinary user";
  if (tried.status === 0) return { ok: true, what, so: "pods run in containers" };
  const why = tried.error?.message ?? tried.stderr.trim().split("\n")[0] ?? "refused";
  const restricted =
    existsSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") &&
    readFileSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "utf8").trim() === "1";
  const advice = restricted ? "; AppArmor restricts them: sysctl kernel.apparmor_restrict_unprivileged_userns=0 allows them" : "";
  return { ok: false, what, so: `pods run as plain processes on loopback addresses (${why}${advice})` };
}

function program(command: string, debianPackage: string, good: string, otherwise: string): Finding {
  const found = spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${command}`]).status === 0;
  return { ok: found, what: command, so: found ? good : `${otherwise}; install ${debianPackage} for better` };
}

function nft(): Finding {
  return program("nft", "nftables", "Services are kernel rules", "Services go through a userspace proxy");
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
  return { ok: true, what: "CPU and memory limits", so: "not enforced in this version: containers may use more than their limits" };
}

const comfortableBytes = 2 * 2 ** 30;

function disk(env: CommandInput["env"]): Finding {
  let folder = homeFolder(env);
  while (!existsSync(folder)) folder = execFileSync("dirname", [folder], { encoding: "utf8" }).trim();
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return {
    ok: free > comfortableBytes,
    what: `Disk at ${folder}`,
    so: `${(free / 2 ** 30).toFixed(1)} GB free${free > comfortableBytes ? "" : "; free some"}`,
  };
}
