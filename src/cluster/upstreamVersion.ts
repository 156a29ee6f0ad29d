import type { VersionInfo } from "../apiserver/server/options.ts";

/** The upstream release whose behaviour this is, as /version and the nodes report it. */
export const kubernetesVersion = "v1.36.3";

export function upstreamVersion(platform: string): VersionInfo {
  const [major = "", minor = ""] = kubernetesVersion.slice(1).split(".");
  return {
    major,
    minor,
    gitVersion: kubernetesVersion,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "2026-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform,
  };
}
