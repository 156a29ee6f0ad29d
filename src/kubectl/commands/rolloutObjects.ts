/** Which objects the sub-verbs of `rollout` mean. Upstream: kubectl/pkg/cmd/rollout */
import type { Call } from "../command.ts";
import { KubectlError } from "../errors.ts";
import type { ChosenNamespace } from "../session.ts";
import type { filenameFlags } from "../resources/files.ts";
import { select } from "../resources/select.ts";
import type { Selection } from "../resources/selection.ts";
import { eachObject } from "../resources/selectOptions.ts";
import type { selectorFlag } from "../writing/flags.ts";
import { hasFiles } from "../writing/selecting.ts";

type RolloutCall = Pick<Call<typeof filenameFlags & typeof selectorFlag>, "args" | "flags" | "session">;

export function requireResources({ args, flags }: RolloutCall): void {
  if (args.length === 0 && !hasFiles(flags)) throw new KubectlError("required resource not specified");
}

export function selectRollouts({ args, flags, session }: RolloutCall, namespace: ChosenNamespace): Promise<Selection> {
  return select(session, {
    ...eachObject(flags, namespace),
    args,
    allowEmptySelector: true,
    labelSelector: flags.selector,
    latest: true,
  });
}
