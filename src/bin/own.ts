/** cox's own verbs, as a program of its own that cox.ts starts. */
import { runCox } from "../cli/cox.ts";
import { version } from "../cli/version.ts";

/** undefined: the words are kubectl's. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number | undefined> {
  const interactive = process.stdout.isTTY;
  return await runCox({
    args,
    env: process.env,
    streams: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      interactive,
      colour: interactive && (process.env["NO_COLOR"] ?? "") === "",
    },
    signal,
    version,
  });
}
