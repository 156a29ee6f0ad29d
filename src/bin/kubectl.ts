/** The kubectl half of `cox`, as a program of its own that cox.ts starts. */
import { processHost } from "../cli/kubectlHost.ts";
import { flushed } from "../cli/outputStreams.ts";
import { ownWords } from "../cli/ownWords.ts";
import { version } from "../cli/version.ts";
import { runKubectl } from "../kubectl/main.ts";

export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const host = processHost(signal);
  const isKubectl = host.programName === "kubectl" || process.argv[2] === "kubectl";
  const program = isKubectl ? undefined : { name: "cox", verbs: [...ownWords].filter((word) => !word.startsWith("-")) };
  const code = await runKubectl(args, host, { version, program });
  await flushed();
  return code;
}
