/** cox's own verbs, as a program of its own that cox.ts starts. */
import { runCox } from "../cli/cox.ts";
import { nodeOutput } from "../cli/kubectl/streams.ts";
import { flushed } from "../cli/outputStreams.ts";
import { version } from "../cli/version.ts";

/** undefined: the words are kubectl's. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number | undefined> {
  const [out, err] = [nodeOutput(1), nodeOutput(2)];
  const interactive = out.isTerminal;
  const code = await runCox({
    args,
    env: process.env,
    streams: {
      out: (text) => out.write(text),
      err: (text) => err.write(text),
      interactive,
      colour: interactive && (process.env["NO_COLOR"] ?? "") === "",
    },
    signal,
    version,
  });
  await flushed();
  return code;
}
