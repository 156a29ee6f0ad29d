/** `kubectl kustomize`: refused. Kustomize has no well-kept port, and half of one would build the wrong manifests. */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { noKustomizations } from "../resources/select.ts";
import { bool, type FlagTable, list, text } from "../flags.ts";

const flags: FlagTable = {
  "as-current-user": bool(),
  "enable-alpha-plugins": bool(),
  "enable-helm": bool(),
  env: list({ short: "e" }),
  "helm-api-versions": list(),
  "helm-command": text({ initial: "helm" }),
  "helm-debug": bool(),
  "helm-kube-version": text(),
  "load-restrictor": text({ initial: "LoadRestrictionsRootOnly" }),
  mount: list(),
  network: bool(),
  "network-name": text({ initial: "bridge" }),
  output: text({ short: "o" }),
};

export const kustomize: Verb = verb({
  name: "kustomize",
  flags,
  run({ args }) {
    return Promise.reject(new KubectlError(args.length > 1 ? "specify one path to kustomization.yaml" : noKustomizations));
  },
});
