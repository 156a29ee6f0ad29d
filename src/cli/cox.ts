/** The dispatcher: which verb a command line means, its help, and how its failures are told. Words that it doesn't know are kubectl's (bin/cox.ts). */
import { type Command, CommandError, helpText, parseCommand, type Streams, UsageError } from "./command.ts";
import { StateError } from "../daemon/clusterState.ts";
import { type CommandEntry, commands } from "./commandTable.ts";
import { isOwn } from "./ownWords.ts";

export interface Invocation {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  readonly version: string;
}

/** Runs one command line; gives the exit code, or undefined where the words are kubectl's. */
export async function runCox(invocation: Invocation): Promise<number | undefined> {
  const { args, streams, version } = invocation;
  const [first] = args;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") {
    streams.out(await overview());
    return first === undefined ? 2 : 0;
  }
  if (first === "--version") {
    streams.out(`cox ${version}\n`);
    return 0;
  }
  if (!isOwn(args)) return undefined;
  const entry = find(args);
  return entry === undefined || isGroup(entry, args)
    ? await tellGroup(first, invocation)
    : await runCommand(await entry.load(), invocation);
}

/** `cox image` and the like: a word with several verbs behind it. Exit code 0 where help was asked for. */
async function tellGroup(word: string, { args: [, verb], streams }: Invocation): Promise<number> {
  const rows = await commandRows(commands.filter(({ name }) => name.startsWith(`${word} `)));
  if (verb === "--help" || verb === "-h") {
    streams.out(`Commands:\n${rows}`);
    return 0;
  }
  streams.err(
    `Error: ${verb === undefined ? `Say what to do: cox ${word} ...` : `There is no 'cox ${word} ${verb}'.`}\n\nCommands:\n${rows}`,
  );
  return 2;
}

/** `cox lab frob`: a verb by itself that others stand behind, and none of them is meant. */
function isGroup({ name }: CommandEntry, [, word = "-"]: readonly string[]): boolean {
  return !name.includes(" ") && !word.startsWith("-") && commands.some((other) => other.name.startsWith(`${name} `));
}

function find(args: readonly string[]): CommandEntry | undefined {
  const two = args.slice(0, 2).join(" ");
  return commands.find((command) => command.name === two) ?? commands.find((command) => command.name === args[0]);
}

async function runCommand(command: Command, { args, env, streams, signal }: Invocation): Promise<number> {
  try {
    const { values, operands } = parseCommand(command, args.slice(command.name.split(" ").length));
    if (values["help"] === true) {
      streams.out(helpText(command));
      return 0;
    }
    return await command.run({
      streams,
      env,
      signal,
      operands,
      flag: (option) => values[option] === true,
      texts: (option) => [values[option] ?? []].flat().filter((value) => typeof value === "string"),
      text: (option) => {
        const value = values[option];
        return typeof value === "string" ? value : undefined;
      },
    });
  } catch (error) {
    if (error instanceof UsageError) {
      streams.err(`Error: ${error.message}\n`);
      return 2;
    }
    if (error instanceof CommandError || error instanceof StateError) {
      streams.err(`Error: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

async function overview(): Promise<string> {
  return `Coxswain: a real Kubernetes on one machine, to learn, test and rehearse deployments.\n\nUsage: cox COMMAND [OPTIONS]\n\nCommands:\n${await commandRows(commands)}\nRun 'cox COMMAND --help' for one command's options.\n`;
}

async function commandRows(listed: readonly CommandEntry[]): Promise<string> {
  const width = Math.max(...listed.map(({ name }) => name.length));
  const rows = await Promise.all(listed.map(async ({ name, load }) => `  ${name.padEnd(width)}  ${(await load()).summary}\n`));
  return rows.join("");
}
