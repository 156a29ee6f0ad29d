/** All verbs. A new one is one line here and one file in commands/, which is loaded when the verb is used. */
import type { Verb } from "./command.ts";

export interface VerbEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  load(): Promise<Verb>;
}

export const verbs: readonly VerbEntry[] = [
  { name: "api-resources", load: async () => (await import("./commands/apiResources.ts")).apiResources },
  { name: "api-versions", load: async () => (await import("./commands/apiResources.ts")).apiVersions },
  { name: "cluster-info", load: async () => (await import("./commands/clusterInfo.ts")).clusterInfo },
  { name: "completion", load: async () => (await import("./commands/completion.ts")).completion },
  { name: "config", load: async () => (await import("./commands/config.ts")).config },
  { name: "kuberc", load: async () => (await import("./commands/kuberc.ts")).kuberc },
  { name: "options", load: async () => (await import("./commands/options.ts")).options },
  { name: "plugin", load: async () => (await import("./commands/plugin.ts")).plugin(verbs.map((one) => one.name)) },
  { name: "auth", load: async () => (await import("./commands/auth.ts")).auth },
  { name: "certificate", load: async () => (await import("./commands/certificate.ts")).certificate },
  { name: "top", load: async () => (await import("./commands/top.ts")).top },
  { name: "cordon", load: async () => (await import("./commands/drain.ts")).cordon },
  { name: "drain", load: async () => (await import("./commands/drain.ts")).drain },
  { name: "taint", load: async () => (await import("./commands/taint.ts")).taint },
  { name: "uncordon", load: async () => (await import("./commands/drain.ts")).uncordon },
  { name: "logs", load: async () => (await import("./commands/logs.ts")).logs },
  { name: "exec", load: async () => (await import("./commands/exec.ts")).exec },
  { name: "attach", load: async () => (await import("./commands/attach.ts")).attach },
  { name: "port-forward", load: async () => (await import("./commands/portForward.ts")).portForward },
  { name: "cp", load: async () => (await import("./commands/cp.ts")).cp },
  { name: "debug", load: async () => (await import("./commands/debug.ts")).debug },
  { name: "proxy", load: async () => (await import("./commands/proxy.ts")).proxy },
  { name: "expose", load: async () => (await import("./commands/expose.ts")).expose },
  { name: "rollout", load: async () => (await import("./commands/rollout.ts")).rollout },
  { name: "run", load: async () => (await import("./commands/run.ts")).run },
  { name: "set", load: async () => (await import("./commands/set.ts")).set },
  { name: "wait", load: async () => (await import("./commands/wait.ts")).wait },
  { name: "annotate", load: async () => (await import("./commands/annotate.ts")).annotate },
  { name: "apply", load: async () => (await import("./commands/apply.ts")).apply },
  { name: "create", load: async () => (await import("./commands/create.ts")).create },
  { name: "delete", load: async () => (await import("./commands/delete.ts")).deleteVerb },
  { name: "autoscale", load: async () => (await import("./commands/autoscale.ts")).autoscale },
  { name: "diff", load: async () => (await import("./commands/diff.ts")).diff },
  { name: "alpha", load: async () => (await import("./commands/alpha.ts")).alpha },
  { name: "kustomize", load: async () => (await import("./commands/kustomize.ts")).kustomize },
  { name: "edit", load: async () => (await import("./commands/edit.ts")).edit },
  { name: "label", load: async () => (await import("./commands/label.ts")).label },
  { name: "patch", load: async () => (await import("./commands/patch.ts")).patch },
  { name: "replace", load: async () => (await import("./commands/replace.ts")).replace },
  { name: "scale", load: async () => (await import("./commands/scale.ts")).scale },
  { name: "describe", load: async () => (await import("./commands/describe.ts")).describe },
  { name: "events", load: async () => (await import("./commands/events.ts")).events },
  { name: "explain", load: async () => (await import("./commands/explain.ts")).explain },
  { name: "get", load: async () => (await import("./commands/get.ts")).get },
  { name: "version", load: async () => (await import("./commands/version.ts")).version },
];
