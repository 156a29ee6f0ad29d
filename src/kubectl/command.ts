/**
 * What a verb is: its flags, typed, and a run that gets everything injected. One verb, one file in commands/; verbs.ts lists them.
 * A run that returns has succeeded; it throws what failed (errors.ts says how that is told and which exit code it gives).
 */
import type { FlagTable, FlagValues } from "./flags.ts";
import type { Session } from "./session.ts";

/** One use of a verb: what stood on the command line, and the session to work with. */
export interface Call<F extends FlagTable = FlagTable> {
  readonly args: readonly string[];
  readonly flags: FlagValues<F>;
  /** Whether the flag stood on the command line. */
  changed(this: void, flag: keyof F & string): boolean;
  /** How many arguments stood before `--`; -1 where there was none. */
  readonly dashAt: number;
  /** As messages name the verb: `kubectl rollout undo`. */
  readonly path: string;
  readonly session: Session;
}

/** What becomes of the arguments before run; gives the reason of a refusal. */
export type ArgsRule = (args: readonly string[], path: string) => string | undefined;

export interface VerbSpec<F extends FlagTable> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly flags: F;
  readonly args?: ArgsRule;
  /** False: the first argument ends the flags (exec, plugins). Default true. */
  readonly interspersed?: boolean;
  /** What a failure becomes (a FlagError too), where it isn't told as others are. */
  failure?(error: unknown, path: string): unknown;
  run(call: Call<F>): Promise<void>;
}

/** A verb with its flags' types forgotten, as the dispatcher sees it. */
export interface Verb {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly flags: FlagTable;
  readonly args: ArgsRule | undefined;
  readonly interspersed: boolean;
  readonly subverbs: readonly Verb[];
  readonly failure?: ((error: unknown, path: string) => unknown) | undefined;
  /** Absent: the verb is a room of others, and prints its help. */
  readonly run: ((call: Call) => Promise<void>) | undefined;
  /** For an alias: the verb whose help it shows. */
  readonly helpPath?: readonly string[];
  /** Where a room of others prints its help when it is used alone; default: stdout. */
  readonly helpOnStderr?: boolean;
}

/** `export const get: Verb = verb({ name: "get", flags, run })`. `subverbs`: for a verb that is both, as create is. */
export function verb<F extends FlagTable>(spec: VerbSpec<F>, subverbs: readonly Verb[] = []): Verb {
  return {
    name: spec.name,
    aliases: spec.aliases ?? [],
    flags: spec.flags,
    args: spec.args,
    interspersed: spec.interspersed ?? true,
    subverbs,
    failure: spec.failure?.bind(spec),
    run: (call) => spec.run(call as unknown as Call<F>),
  };
}

/** A verb that only holds others: `rollout`, `config`. */
export function verbGroup(
  name: string,
  subverbs: readonly Verb[],
  { aliases = [], helpOnStderr = false }: { readonly aliases?: readonly string[]; readonly helpOnStderr?: boolean } = {},
): Verb {
  return { name, aliases, flags: {}, args: undefined, interspersed: true, subverbs, run: undefined, helpOnStderr };
}
