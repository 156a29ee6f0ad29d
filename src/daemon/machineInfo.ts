import { readFileSync } from "node:fs";
import { arch } from "node:os";
import type { NodeSystemInfo } from "../schema/shapes/core.v1.ts";

/** What the node's nodeInfo says of this machine; empty where it can't be known. */
export function machineInfo(): Pick<NodeSystemInfo, "machineID" | "bootID" | "osImage" | "architecture"> {
  const release = text("/etc/os-release");
  return {
    machineID: text("/etc/machine-id"),
    bootID: text("/proc/sys/kernel/random/boot_id"),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? "Linux",
    architecture: arch() === "x64" ? "amd64" : arch(),
  };
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
