/** `kubectl completion`. Its scripts call `__complete`, which main.ts answers. Upstream: kubectl/pkg/cmd/completion */
import { type Verb, verb } from "../command.ts";
import { completionScripts } from "../completing/scripts.ts";
import { usageError } from "../errors.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

export const completion: Verb = verb({
  name: "completion",
  flags: {},
  async run({ args, session, path }) {
    const [shell] = args;
    if (shell === undefined) throw usageError(path, "Shell not specified.");
    if (args.length > 1) throw usageError(path, "Too many arguments. Expected only the shell type.");
    const script = completionScripts[shell];
    if (script === undefined) throw usageError(path, `Unsupported shell type ${goQuote(shell)}.`);
    session.out(script);
    await session.host.out.drained();
  },
});
