/** `kubectl exec`. Upstream: kubectl/pkg/cmd/exec/exec.go */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, textOf, usageError } from "../errors.ts";
import { bool, list, text } from "../flags.ts";
import { chosenContainer } from "../pods/containers.ts";
import { podRunningTimeout, podRunningTimeoutFlag } from "../pods/runningTimeout.ts";
import { attachablePod } from "../pods/workloadPods.ts";
import { select } from "../resources/select.ts";
import { isList } from "../resources/unstructured.ts";
import { execCall } from "../streaming/execCall.ts";
import { remoteCommand } from "../streaming/remoteCommand.ts";
import { terminalGiven, withLocalEnds } from "../streaming/terminal.ts";

const flagTable = {
  ...podRunningTimeoutFlag(60_000),
  container: text({ short: "c" }),
  filename: list({ short: "f" }),
  quiet: bool({ short: "q" }),
  stdin: bool({ short: "i" }),
  tty: bool({ short: "t" }),
};

type ExecCall = Call<typeof flagTable>;

export const exec: Verb = verb({
  name: "exec",
  flags: flagTable,
  async run(call) {
    const { flags, session } = call;
    const { resource, command } = wordsOf(call);
    const { host } = session;
    const pod = await wantedPod(call, resource, command);
    const phase = pod.status?.phase ?? "";
    if (phase === "Succeeded" || phase === "Failed")
      throw new KubectlError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    const tell = (text: string): void => (flags.quiet ? undefined : session.err(text));
    const { container } = chosenContainer(pod, flags.container, tell);
    const terminal = terminalGiven(host, flags);
    const wish = { container: container.name, command, stdin: flags.stdin, stderr: !terminal, tty: terminal };
    const api = await session.api();
    await withLocalEnds(host, { stdin: flags.stdin, terminal }, (ends) => remoteCommand(api, execCall(pod, wish), ends, host.signal));
  },
});

function wordsOf({ args, flags, dashAt, path }: ExecCall): { readonly resource: string; readonly command: readonly string[] } {
  const resource = dashAt === 0 ? "" : (args[0] ?? "");
  if (dashAt >= 0) return { resource, command: args.slice(dashAt) };
  if (args.length > 1 || (args.length > 0 && flags.filename.length > 0))
    throw usageError(path, "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
  return { resource, command: [] };
}

async function wantedPod({ flags, session, path }: ExecCall, resource: string, command: readonly string[]): Promise<Pod> {
  const { name: namespace, explicit } = await session.namespace();
  let timeoutMs;
  try {
    timeoutMs = podRunningTimeout(flags);
  } catch (error) {
    throw usageError(path, textOf(error));
  }
  await session.config();
  if (resource === "" && flags.filename.length === 0) throw new KubectlError("pod, type/name or --filename must be specified");
  if (command.length === 0) throw new KubectlError("you must specify at least one command for the container");
  const selection = await select(session, {
    ...(resource === "" ? {} : { names: { type: "pods", names: [resource] } }),
    files: { filenames: flags.filename, kustomize: "", recursive: false },
    namespace,
    enforceNamespace: explicit,
  });
  const object = await selection.object();
  if (isList(object)) throw new KubectlError("cannot exec into multiple objects at a time");
  return await attachablePod(session, object, timeoutMs);
}
