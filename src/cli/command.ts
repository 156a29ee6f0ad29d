/**
 * What one verb of `cox` is: typed options, a summary, and a run that gets its streams. Parsing is node:util's parseArgs; this table
 * makes the help texts. The kubectl verbs live in src/kubectl.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";

export interface Streams {
  /** Writes text; no line break is added. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly colour: boolean;
  /** Terminal with cursor control: progress may be redrawn. */
  readonly interactive: boolean;
}

export interface OptionSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly default?: string | boolean;
  /** May be given more than once; read with `texts`. */
  readonly multiple?: boolean;
  /** One line of help; absent: hidden. */
  readonly help?: string;
  /** Placeholder in the help, e.g. `N`. */
  readonly value?: string;
}

export interface Command {
  /** e.g. `up` or `clusters create`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments for the usage line, e.g. `DIR`. */
  readonly operands?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Everything from the first operand on belongs to another program. */
  readonly passesRest?: boolean;
  run(input: CommandInput): Promise<number>;
}

export interface CommandInput {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly operands: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  flag(option: string): boolean;
  readonly signal: AbortSignal;
}

/** The user's mistake or the world's refusal, in one sentence that says what to do. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The command line itself is wrong. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type ParsedValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export function parseCommand(command: Command, args: readonly string[]): { values: ParsedValues; operands: string[] } {
  const options: NonNullable<ParseArgsConfig["options"]> = { help: { type: "boolean", short: "h" } };
  for (const [name, spec] of Object.entries(command.options)) {
    options[name] = {
      type: spec.type,
      ...(spec.short === undefined ? {} : { short: spec.short }),
      ...(spec.multiple === undefined ? {} : { multiple: spec.multiple }),
      ...(spec.default === undefined ? {} : { default: spec.default }),
    };
  }
  const stop = command.passesRest === true ? restStart(command, args) : -1;
  const own = stop < 0 ? args : args.slice(0, stop);
  const rest = stop < 0 ? [] : args.slice(args[stop] === "--" ? stop + 1 : stop);
  let parsed;
  try {
    parsed = parseArgs({ args: [...own], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message.split(". To specify")[0] : String(error);
    throw new UsageError(`${message}\nRun 'cox ${command.name} --help' for its options.`, { cause: error });
  }
  const operands = [...parsed.positionals, ...rest];
  refuseOperands(command, operands);
  return { values: parsed.values, operands };
}

/** `cox down bootcamp` would stop another cluster than the one that is meant. */
function refuseOperands({ name, operands, passesRest, options }: Command, [given]: readonly string[]): void {
  if (given === undefined || operands !== undefined || passesRest === true) return;
  const hint =
    options["name"] === undefined ? `'cox ${name} --help' shows its options.` : `to name the cluster: cox ${name} --name ${given}`;
  throw new UsageError(`cox ${name} takes no operands; ${hint}`);
}

/** Where the other program's words begin: at `--`, or at the first word that is no option of ours nor an option's value; -1: nowhere. */
function restStart(command: Command, args: readonly string[]): number {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--" || !arg.startsWith("-")) return at;
    const spec = command.options[arg.replace(/^--/, "")];
    if (spec?.type === "string") at += 1;
  }
  return -1;
}

export function helpText(command: Command): string {
  const rows = Object.entries(command.options)
    .filter(([, spec]) => spec.help !== undefined)
    .map(([name, spec]) => {
      const short = spec.short === undefined ? "    " : `-${spec.short}, `;
      const value = spec.type === "string" ? ` ${spec.value ?? "TEXT"}` : "";
      const initial = spec.default === undefined || spec.default === false ? "" : ` (default ${spec.default})`;
      return [`  ${short}--${name}${value}`, `${spec.help}${initial}`] as const;
    });
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  const options = rows.length === 0 ? "" : `\nOptions:\n${rows.map(([left, right]) => `${left.padEnd(width)}  ${right}\n`).join("")}`;
  return `${command.summary}\n\nUsage: cox ${command.name}${rows.length > 0 ? " [OPTIONS]" : ""}${command.operands === undefined ? "" : ` ${command.operands}`}\n${options}`;
}
