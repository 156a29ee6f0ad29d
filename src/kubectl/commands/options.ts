/** `kubectl options`: the flags that every verb takes. Upstream: kubectl/pkg/cmd/options */
import { type Verb, verb } from "../command.ts";
import { globalFlags } from "../flags.ts";
import { helpText } from "../help/help.ts";
import { flagLines, flagsOf } from "../help/flagRows.ts";

export const options: Verb = verb({
  name: "options",
  flags: {},
  async run({ session }) {
    session.out((await helpText("options list", session.host)) ?? flagLines(flagsOf(globalFlags)));
  },
});
