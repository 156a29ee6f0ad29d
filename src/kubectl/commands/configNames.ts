/** `kubectl config`: looking at names, choosing, renaming and deleting entries. Upstream: kubectl/pkg/cmd/config */
import { type Call, type Verb, verb } from "../command.ts";
import { Failures, KubectlError, usageError } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { wrongUse } from "../help/wrongUse.ts";
import { defaultFile, modifyKubeconfig, startingConfig } from "../kubeconfig/modify.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import { compareBytes } from "../printers/goValue.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Session } from "../session.ts";

export const currentContext: Verb = verb({
  name: "current-context",
  flags: {},
  async run({ session }) {
    const { currentContext: name } = await startingConfig(session);
    if (name === "") throw new KubectlError("current-context is not set");
    session.out(`${name}\n`);
  },
});

export const useContext: Verb = verb({
  name: "use-context",
  aliases: ["use"],
  flags: {},
  async run(call) {
    const { args, session } = call;
    const [name = ""] = args;
    if (args.length !== 1) throw await wrongUse(call, `Unexpected args: [${args.join(" ")}]`);
    const known = await startingConfig(session);
    if (name === "") throw new KubectlError("empty context names are not allowed");
    if (!known.contexts.has(name)) throw new KubectlError(`no context exists with the name: ${goQuote(name)}`);
    await modifyKubeconfig(session, (config) => (config.currentContext = name), { relativePaths: true });
    session.out(`Switched to context ${goQuote(name)}.\n`);
  },
});

export const getClusters: Verb = names("get-clusters", "clusters");
export const getUsers: Verb = names("get-users", "users");

function names(name: string, section: "clusters" | "users"): Verb {
  return verb({
    name,
    flags: {},
    async run({ session }) {
      const found = [...(await startingConfig(session))[section].keys()].sort(compareBytes);
      session.out(`NAME\n${found.map((one) => `${one}\n`).join("")}`);
    },
  });
}

export const getContexts: Verb = verb({
  name: "get-contexts",
  flags: { "no-headers": bool(), output: text({ short: "o" }) },
  async run({ args, flags, session }) {
    if (flags.output !== "" && flags.output !== "name") {
      throw new KubectlError(
        `--output ${flags.output} is not available in kubectl config get-contexts; resetting to default output format`,
      );
    }
    const config = await startingConfig(session);
    const nameOnly = flags.output === "name";
    const missing = args.filter((name) => !config.contexts.has(name)).map((name) => new KubectlError(`context ${name} not found`));
    const shown = (args.length === 0 ? [...config.contexts.keys()] : args.filter((name) => config.contexts.has(name))).sort(compareBytes);
    const writer = new TabWriter();
    if (!flags["no-headers"] && !nameOnly) writer.write("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    for (const name of shown) {
      const { cluster = "", user = "", namespace = "" } = config.contexts.get(name)?.value ?? {};
      writer.write(nameOnly ? `${name}\n` : `${name === config.currentContext ? "*" : " "}\t${name}\t${cluster}\t${user}\t${namespace}\n`);
    }
    session.out(writer.flush());
    if (missing.length > 0) throw new Failures(missing);
  },
});

export const renameContext: Verb = verb({
  name: "rename-context",
  flags: {},
  async run(call) {
    const { args, session } = call;
    if (args.length !== 2) throw await wrongUse(call, `Unexpected args: [${args.join(" ")}]`);
    const [from = "", to = ""] = args;
    if (to === "") throw new KubectlError("You must specify a new non-empty context name");
    const { contexts } = await startingConfig(session);
    const file = await defaultFile(session.rules(), session.host.files);
    if (!contexts.has(from)) throw new KubectlError(`cannot rename the context ${goQuote(from)}, it's not in ${file}`);
    if (contexts.has(to)) {
      throw new KubectlError(`cannot rename the context ${goQuote(from)}, the context ${goQuote(to)} already exists in ${file}`);
    }
    await modifyKubeconfig(
      session,
      (config) => {
        const entry = config.contexts.get(from);
        if (entry !== undefined) config.contexts.set(to, entry);
        config.contexts.delete(from);
        if (config.currentContext === from) config.currentContext = to;
      },
      { relativePaths: true },
    );
    session.out(`Context ${goQuote(from)} renamed to ${goQuote(to)}.\n`);
  },
});

export const deleteEntries: readonly Verb[] = [deleteEntry("cluster"), deleteEntry("context"), deleteEntry("user")];

function deleteEntry(what: "cluster" | "context" | "user"): Verb {
  return verb({
    name: `delete-${what}`,
    flags: {},
    async run(call) {
      const { args, session } = call;
      const config = await startingConfig(session);
      if (args.length !== 1) return await tellUse(call, what);
      const [name = ""] = args;
      const file = await defaultFile(session.rules(), session.host.files);
      if (!config[`${what}s`].has(name)) throw new KubectlError(`cannot delete ${what} ${name}, not in ${file}`);
      if (what === "context" && config.currentContext === name) warnOfActive(session);
      await modifyKubeconfig(session, (changed) => void changed[`${what}s`].delete(name), { relativePaths: true });
      return session.out(`deleted ${what} ${name} from ${file}\n`);
    },
  });
}

function warnOfActive(session: Session): void {
  session.err('warning: this removed your active context, use "kubectl config use-context" to select a different one\n');
}

/** Of the three only delete-user fails. */
async function tellUse(call: Call, what: string): Promise<void> {
  if (what === "user") throw usageError(call.path, "user to delete is required");
  await wrongUse(call, "");
}
