/** The kubectl half of `cox`, as a program of its own that cox.ts starts. */
import { processHost } from "../cli/kubectlHost.ts";
import { flushed } from "../cli/outputStreams.ts";
import { version } from "../cli/version.ts";
import { runKubectl } from "../kubectl/main.ts";

export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const code = await runKubectl(args, processHost(signal), { version });
  await flushed();
  return code;
}
