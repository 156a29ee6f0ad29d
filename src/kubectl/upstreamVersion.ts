/** Which kubectl this is the equal of. What tells of upstream's own build is left empty: this isn't it. */
export const clientVersion = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "",
  goVersion: "",
  compiler: "",
  platform: "",
} as const;

export const kustomizeVersion = "v5.8.1";
