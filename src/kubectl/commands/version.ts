/** `kubectl version`. Upstream: kubectl/pkg/cmd/version */
import { noArgs, type Verb, verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, text } from "../flags.ts";

export const version: Verb = verb({
  name: "version",
  flags: { client: bool(), output: text({ short: "o" }) },
  args: noArgs,
  async run({ flags, session }) {
    if (!["", "yaml", "json"].includes(flags.output)) throw new KubectlError("--output must be 'yaml' or 'json'");
    session.out("Client Version: v1.36.3\nKustomize Version: v5.8.1\n");
    if (flags.client) return;
    const server = (await (await session.api()).json({ path: "/version" })) as { gitVersion: string };
    session.out(`Server Version: ${server.gitVersion}\n`);
  },
});
