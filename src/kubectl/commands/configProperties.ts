/** `kubectl config set` and `unset`. Upstream: kubectl/pkg/cmd/config/{set,unset}.go */
import { type Verb, verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool } from "../flags.ts";
import { wrongUse } from "../help/wrongUse.ts";
import { modifyKubeconfig } from "../kubeconfig/modify.ts";
import { changeProperty } from "../kubeconfig/properties.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

export const set: Verb = verb({
  name: "set",
  flags: { "set-raw-bytes": bool() },
  async run(call) {
    const { args, flags, session } = call;
    if (args.length !== 2) throw await wrongUse(call, `Unexpected args: [${args.join(" ")}]`);
    const [path = "", value = ""] = args;
    if (value === "") throw new KubectlError("you cannot use set to unset a property");
    if (path === "") throw new KubectlError("you must specify a property");
    await modifyKubeconfig(session, (config) => changeProperty(config, path, { value, raw: flags["set-raw-bytes"] }), {
      relativePaths: false,
    });
    session.out(`Property ${goQuote(path)} set.\n`);
  },
});

export const unset: Verb = verb({
  name: "unset",
  flags: {},
  async run(call) {
    const { args, session } = call;
    if (args.length !== 1) throw await wrongUse(call, `Unexpected args: [${args.join(" ")}]`);
    const [path = ""] = args;
    if (path === "") throw new KubectlError("you must specify a property");
    await modifyKubeconfig(session, (config) => changeProperty(config, path, undefined), { relativePaths: false });
    session.out(`Property ${goQuote(path)} unset.\n`);
  },
});
