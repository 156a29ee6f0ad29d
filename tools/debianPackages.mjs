// @ts-check
/** What the suites use beyond Debian's base system: installed when root and missing, without starting any of the services that come with it. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** A command and the package it comes in. Each is optional, and a suite that misses one says so and skips. */
const packages = {
  nft: "nftables",
  ip: "iproute2",
  curl: "curl",
  fish: "fish",
  zsh: "zsh",
  openssl: "openssl",
  zstd: "zstd",
  busybox: "busybox-static",
  containerd: "containerd",
  runc: "runc",
  "docker-registry": "docker-registry",
  nginx: "nginx-light",
  "redis-server": "redis-server",
  etcd: "etcd-server",
  skopeo: "skopeo",
  umoci: "umoci",
};

/** For a virtual machine in the long suite (16 MB to fetch; its kernel, 27 MB, is fetched by tools/vm.mjs): only where there is KVM. */
const longPackages = { "qemu-system-x86_64": "qemu-system-x86" };

/** Asked by maintainer scripts before they start a service; 101: no. */
const policyFile = "/usr/sbin/policy-rc.d";

/** @param {string} command */
const exists = (command) => spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${command}`]).status === 0;

export function installDebianPackages(forLong = false) {
  const wanted = forLong && process.arch === "x64" && existsSync("/dev/kvm") ? { ...packages, ...longPackages } : packages;
  const missing = Object.entries(wanted).filter(([command]) => !exists(command));
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  if (process.getuid?.() !== 0 || !exists("apt-get")) {
    console.log(`not installed, and tests that need them will be skipped: ${names.join(", ")}`);
    return;
  }
  console.log(`installing ${names.join(", ")} ...`);
  const ownPolicy = !existsSync(policyFile);
  if (ownPolicy) writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
    const install = ["install", "-y", "-qq", "--no-install-recommends"];
    if (spawnSync("apt-get", [...install, ...names], { stdio: ["ignore", "ignore", "inherit"], env }).status === 0) return;
    // One that this distribution doesn't have must not cost the others.
    const refused = names.filter((name) => spawnSync("apt-get", [...install, name], { stdio: "ignore", env }).status !== 0);
    if (refused.length > 0) console.log(`apt-get could not install ${refused.join(", ")}: tests that need them will be skipped`);
  } finally {
    if (ownPolicy) rmSync(policyFile, { force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) installDebianPackages();
