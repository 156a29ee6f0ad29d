/**
 * Command lines by a flag table, as pflag reads them: `--flag=value`, `--flag value`, groups of shorthands, `--`, flags and arguments mixed.
 * Upstream: github.com/spf13/pflag/flag.go
 */
import { goQuote } from "../schema/scalars/goText.ts";
import { bool, type Flag, type FlagTable, type FlagValue } from "./flags.ts";
import { parseFlagText } from "./flagText.ts";

export interface ParsedArgs {
  readonly values: Readonly<Record<string, FlagValue>>;
  /** Flags that were given. */
  readonly changed: ReadonlySet<string>;
  readonly args: readonly string[];
  /** How many arguments stood before `--`; -1 where there is none. */
  readonly dashAt: number;
  /** `--help` or `-h` was given. */
  readonly help: boolean;
  /** Lines for stderr: deprecated flags that were used. */
  readonly notes: readonly string[];
}

/** The command line doesn't fit the flag table. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** Every command line may ask for help. */
export const helpFlag: Flag<boolean> = bool({ short: "h" });

/** `interspersed`: flags may follow arguments; if not, the first argument ends the flags. */
export function parseFlags(table: FlagTable, words: readonly string[], interspersed = true): ParsedArgs {
  return new Reader(table, interspersed).read(words);
}

class Reader {
  private readonly table: FlagTable;
  private readonly interspersed: boolean;
  private readonly values: Record<string, FlagValue> = {};
  private readonly changed = new Set<string>();
  private readonly args: string[] = [];
  private readonly notes: string[] = [];
  private dashAt = -1;
  private words: readonly string[] = [];

  constructor(table: FlagTable, interspersed: boolean) {
    this.table = { help: helpFlag, ...table };
    this.interspersed = interspersed;
    for (const [name, flag] of Object.entries(table)) this.values[name] = flag.initial;
  }

  read(words: readonly string[]): ParsedArgs {
    this.words = words;
    while (this.words.length > 0) {
      const word = this.take();
      if (word.length < 2 || !word.startsWith("-")) {
        this.args.push(word);
        if (this.interspersed) continue;
        this.args.push(...this.words);
        break;
      }
      if (word === "--") {
        this.dashAt = this.args.length;
        this.args.push(...this.words);
        break;
      }
      if (word.startsWith("--")) this.readLong(word);
      else this.readShorts(word.slice(1));
    }
    const { values, changed, args, dashAt, notes } = this;
    return { values, changed, args, dashAt, help: values["help"] === true, notes };
  }

  private take(): string {
    const [word = "", ...rest] = this.words;
    this.words = rest;
    return word;
  }

  private readLong(word: string): void {
    const body = word.slice(2);
    if (body.startsWith("-") || body.startsWith("=")) throw new FlagError(`bad flag syntax: ${word}`);
    const equals = body.indexOf("=");
    const written = equals < 0 ? body : body.slice(0, equals);
    const name = written.replaceAll("_", "-");
    const flag = this.flag(name);
    if (flag === undefined) throw new FlagError(`unknown flag: --${written}`);
    if (equals >= 0) return this.set(name, flag, body.slice(equals + 1));
    if (flag.bare !== undefined) return this.set(name, flag, flag.bare);
    if (this.words.length === 0) throw new FlagError(`flag needs an argument: --${written}`);
    this.set(name, flag, this.take());
  }

  private readShorts(group: string): void {
    for (let shorts = group; shorts !== "";) {
      const letter = shorts[0] as string;
      const found = Object.entries(this.table).find(([, flag]) => flag.short === letter);
      if (found === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${shorts}`);
      const [name, flag] = found;
      if (shorts.length > 2 && shorts[1] === "=") {
        this.set(name, flag, shorts.slice(2));
        return;
      }
      if (flag.bare !== undefined) {
        this.set(name, flag, flag.bare);
        shorts = shorts.slice(1);
        continue;
      }
      if (shorts.length === 1 && this.words.length === 0) throw new FlagError(`flag needs an argument: '${letter}' in -${shorts}`);
      this.set(name, flag, shorts.length > 1 ? shorts.slice(1) : this.take());
      return;
    }
  }

  private flag(name: string): Flag | undefined {
    return Object.hasOwn(this.table, name) ? this.table[name] : undefined;
  }

  private set(name: string, flag: Flag, text: string): void {
    const parsed = parseFlagText(flag, text, this.changed.has(name) ? this.values[name] : undefined);
    if ("problem" in parsed) {
      const shown = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
      throw new FlagError(`invalid argument ${goQuote(text)} for ${goQuote(shown)} flag: ${parsed.problem}`);
    }
    this.values[name] = parsed.value;
    this.changed.add(name);
    if (flag.deprecated !== undefined) this.notes.push(`Flag --${name} has been deprecated, ${flag.deprecated}\n`);
  }
}

/** Whether a word of a command line takes the next word as its value, before it is known whose flags they are. */
export function takesNextWord(table: FlagTable, word: string): boolean {
  if (word.includes("=")) return false;
  if (word.startsWith("--")) {
    const flag = table[word.slice(2).replaceAll("_", "-")];
    return flag?.bare === undefined;
  }
  if (!word.startsWith("-") || word.length !== 2) return false;
  const flag = Object.values(table).find(({ short }) => short === word[1]);
  return flag?.bare === undefined;
}
