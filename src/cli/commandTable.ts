/** All verbs of `cox`, in the order of the help. A new verb is one line here and its file, which is loaded when the verb is used. */
import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  { name: "up", load: async () => (await import("./commands/up.ts")).up },
  { name: "down", load: async () => (await import("./commands/down.ts")).down },
  { name: "list", load: async () => (await import("./commands/list.ts")).list },
  { name: "status", load: async () => (await import("./commands/status.ts")).status },
  { name: "doctor", load: async () => (await import("./commands/doctor.ts")).doctor },
  { name: "kubeconfig", load: async () => (await import("./commands/kubeconfig.ts")).kubeconfig },
  { name: "run", load: async () => (await import("./commands/run.ts")).run },
  { name: "service url", load: async () => (await import("./commands/serviceUrl.ts")).serviceUrl },
  { name: "image ls", load: async () => (await import("./commands/image.ts")).imageLs },
  { name: "image pull", load: async () => (await import("./commands/image.ts")).imagePull },
  { name: "image rm", load: async () => (await import("./commands/image.ts")).imageRm },
  { name: "image load", load: async () => (await import("./commands/image.ts")).imageLoad },
  { name: "image save", load: async () => (await import("./commands/image.ts")).imageSave },
  { name: "image import", load: async () => (await import("./commands/image.ts")).imageImport },
  { name: "lab", load: async () => (await import("./commands/lab.ts")).lab },
  { name: "lab init", load: async () => (await import("./commands/lab.ts")).labInit },
  { name: "lab run", load: async () => (await import("./commands/lab.ts")).labRun },
  { name: "lab share", load: async () => (await import("./commands/lab.ts")).labShare },
  { name: "rehearse", load: async () => (await import("./rehearse/command.ts")).rehearse },
  { name: "clusters create", load: async () => (await import("./commands/clusters.ts")).clustersCreate },
  { name: "clusters delete", load: async () => (await import("./commands/clusters.ts")).clustersDelete },
  { name: "clusters list", load: async () => (await import("./commands/clusters.ts")).clustersList },
];
