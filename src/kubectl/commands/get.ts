/** `kubectl get`. Upstream: kubectl/pkg/cmd/get/get.go */
import { type Verb, verb } from "../command.ts";
import { bool } from "../flags.ts";
import { filenameFlags, filenamesOf } from "../resources/files.ts";
import { select } from "../resources/select.ts";

export const get: Verb = verb({
  name: "get",
  flags: { ...filenameFlags, "all-namespaces": bool({ short: "A" }) },
  async run({ args, flags, session }) {
    const namespace = await session.namespace();
    const selection = await select(session, {
      args,
      allowEmptySelector: true,
      files: filenamesOf(flags),
      namespace: namespace.name,
      enforceNamespace: namespace.explicit,
      allNamespaces: flags["all-namespaces"],
      continueOnError: true,
      latest: true,
      flatten: true,
    });
    await selection.visit((info) => session.out(`${info.name}\n`));
  },
});
