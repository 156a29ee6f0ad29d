/** What may stand as a verb's arguments, by the verb's path. Verbs that aren't here take files or nothing. Upstream: kubectl/pkg/util/completion/completion.go */
export type ArgumentRule =
  /** A type (of `types`, or any that the server has), then names of it; or `TYPE/NAME`. `many`: further names may follow. */
  | { readonly sort: "typeAndName"; readonly types?: readonly string[]; readonly many: boolean }
  /** Names of one kind; pods may also be meant by `TYPE/NAME`, and `types` are offered for that. */
  | { readonly sort: "names"; readonly kind: "pods" | "nodes"; readonly many: boolean; readonly types?: readonly string[] }
  | { readonly sort: "section"; readonly section: "contexts" | "clusters" | "users" }
  /** `POD:` in front of a path, or a file here. */
  | { readonly sort: "podPath" }
  | { readonly sort: "words"; readonly words: readonly string[] };

const anyType: ArgumentRule = { sort: "typeAndName", many: true };
const oneOf = (types: string): ArgumentRule => ({ sort: "typeAndName", types: types.split(" "), many: true });
const pod: Extract<ArgumentRule, { sort: "names" }> = { sort: "names", kind: "pods", many: false };
const holdPods = "daemonsets deployments pods jobs replicasets replicationcontrollers services statefulsets".split(" ");
const podOrHolder: ArgumentRule = { ...pod, types: holdPods };
const node: ArgumentRule = { sort: "names", kind: "nodes", many: false };

export const argumentRules: Readonly<Record<string, ArgumentRule>> = {
  ...Object.fromEntries(
    ["get", "describe", "delete", "edit", "label", "annotate", "patch", "wait"]
      .concat(["set image", "set env", "set resources", "set selector", "set serviceaccount", "set subject"])
      .concat(["apply view-last-applied", "apply edit-last-applied"])
      .map((path) => [path, anyType]),
  ),
  explain: { sort: "typeAndName", many: false },
  scale: oneOf("deployment replicaset replicationcontroller statefulset"),
  autoscale: oneOf("deployment replicaset replicationcontroller statefulset"),
  expose: oneOf("pod service replicationcontroller deployment replicaset"),
  taint: oneOf("node"),
  "rollout history": oneOf("deployment daemonset statefulset"),
  "rollout pause": oneOf("deployment"),
  "rollout restart": oneOf("deployment daemonset statefulset"),
  "rollout resume": oneOf("deployment"),
  "rollout status": oneOf("deployment daemonset statefulset"),
  "rollout undo": oneOf("deployment daemonset statefulset"),
  attach: podOrHolder,
  debug: anyType,
  exec: podOrHolder,
  logs: podOrHolder,
  "port-forward": podOrHolder,
  "top pod": pod,
  cordon: { ...node, many: true },
  drain: { ...node, many: true },
  uncordon: { ...node, many: true },
  "top node": node,
  cp: { sort: "podPath" },
  "config delete-cluster": { sort: "section", section: "clusters" },
  "config delete-context": { sort: "section", section: "contexts" },
  "config delete-user": { sort: "section", section: "users" },
  "config get-contexts": { sort: "section", section: "contexts" },
  "config rename-context": { sort: "section", section: "contexts" },
  "config set-cluster": { sort: "section", section: "clusters" },
  "config set-context": { sort: "section", section: "contexts" },
  "config set-credentials": { sort: "section", section: "users" },
  "config use-context": { sort: "section", section: "contexts" },
  completion: { sort: "words", words: ["bash", "zsh", "fish", "powershell"] },
};

/** Flags that must be given: until they are, no others are offered. */
export const requiredFlags: Readonly<Record<string, readonly string[]>> = {
  autoscale: ["max"],
  "create clusterrolebinding": ["clusterrole"],
  "create cronjob": ["image", "schedule"],
  "create deployment": ["image"],
  "create service externalname": ["external-name"],
  "kuberc set": ["section"],
  run: ["image"],
  scale: ["replicas"],
};
