/** `kubectl attach`. Upstream: kubectl/pkg/cmd/attach/attach.go */
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, textOf, usageError } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { podRunningTimeout, podRunningTimeoutFlag } from "../pods/runningTimeout.ts";
import { attachablePod } from "../pods/workloadPods.ts";
import { select } from "../resources/select.ts";
import { attachTo, containerToAttach } from "../streaming/attaching.ts";
import { defaultDetachKeys } from "../streaming/detachKeys.ts";

const flagTable = {
  ...podRunningTimeoutFlag(60_000),
  container: text({ short: "c" }),
  "detach-keys": text({ initial: defaultDetachKeys }),
  quiet: bool({ short: "q" }),
  stdin: bool({ short: "i" }),
  tty: bool({ short: "t" }),
};

export const attach: Verb = verb({
  name: "attach",
  flags: flagTable,
  async run(call) {
    const { flags, session, args } = call;
    const { name: namespace } = await session.namespace();
    const timeoutMs = timeoutOf(call);
    await session.config();
    if (args.length === 0) throw new KubectlError("at least 1 argument is required for attach");
    if (args.length > 2)
      throw new KubectlError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: [${args.join(" ")}]`);
    const [type, name] = args.length === 1 ? ["pods", args[0] ?? ""] : [args[0] ?? "", args[1] ?? ""];
    const selection = await select(session, { names: { type, names: [name] }, namespace });
    const pod = await attachablePod(session, await selection.object(), timeoutMs);
    const phase = pod.status?.phase ?? "";
    if (phase === "Succeeded" || phase === "Failed")
      throw new KubectlError(`cannot attach a container in a completed pod; current phase is ${phase}`);
    const { container, stdin, tty, quiet } = flags;
    const wish = { container, stdin, tty, quiet, detachKeys: flags["detach-keys"], commandName: call.path };
    let found;
    try {
      found = containerToAttach(session, pod, wish);
    } catch (error) {
      throw new KubectlError(`cannot attach to the container: ${textOf(error)}`);
    }
    await attachTo(session, pod, found, wish);
  },
});

function timeoutOf({ flags, path }: Call<typeof flagTable>): number {
  try {
    return podRunningTimeout(flags);
  } catch (error) {
    throw usageError(path, textOf(error));
  }
}
