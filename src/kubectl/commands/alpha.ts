/** `kubectl alpha`: upstream has no alpha command in this version either. Upstream: kubectl/pkg/cmd/alpha.go */
import { verb, type Verb } from "../command.ts";

export const alpha: Verb = verb({
  name: "alpha",
  flags: {},
  run({ session }) {
    session.err("No alpha commands are available in this version of kubectl\n");
    return Promise.resolve();
  },
});
