/** `kubectl options`: the flags that every verb takes. Upstream: kubectl/pkg/cmd/options */
import { type Verb, verb } from "../command.ts";
import { helpText } from "../help/help.ts";

export const options: Verb = verb({
  name: "options",
  flags: {},
  async run({ session }) {
    session.out((await helpText("options list", session.host)) ?? "");
  },
});
