/**
 * Flags as data: what a verb takes, typed, so that its run sees typed values. The words of the help are in texts/, not here; a test
 * compares the two. Parsing is in parseFlags.ts.
 */
import { hasKuberc } from "./preferences/place.ts";

export type FlagValue = boolean | string | number | readonly string[];

export type FlagKind =
  | "bool"
  | "string"
  | "stringSlice"
  | "stringArray"
  | "int"
  | "int32"
  | "int64"
  | "uint16"
  | "float32"
  | "duration"
  | "count"
  | "tristate";

export interface Flag<V extends FlagValue = FlagValue> {
  readonly kind: FlagKind;
  readonly short?: string | undefined;
  readonly initial: V;
  /** What the flag means when it is given without `=value`. */
  readonly bare?: string | undefined;
  readonly deprecated?: string | undefined;
  /** The variable of the environment that must be `true` before there is such a flag. */
  readonly gate?: string | undefined;
  /** Refuses a value with its reason; for flags of a type of their own. */
  check?(value: string): string | undefined;
}

export type FlagTable = Readonly<Record<string, Flag>>;

/** The values that a verb's run sees, by name. */
export type FlagValues<F extends FlagTable> = { readonly [K in keyof F]: F[K] extends Flag<infer V> ? V : never };

/** The flags that there are in this environment. */
export function openFlags(table: FlagTable, env: Readonly<Record<string, string | undefined>>): FlagTable {
  return Object.fromEntries(Object.entries(table).filter(([, { gate }]) => gate === undefined || env[gate]?.toLowerCase() === "true"));
}

/** The flags of every verb that there are in this environment. */
export function openGlobals(env: Readonly<Record<string, string | undefined>>): FlagTable {
  if (hasKuberc(env)) return globalFlags;
  const { kuberc: _kuberc, ...others } = globalFlags;
  return others;
}

interface Extra<V> {
  readonly short?: string;
  readonly initial?: V;
  readonly bare?: string;
  readonly deprecated?: string;
  readonly gate?: string;
  check?(value: string): string | undefined;
}

export function bool(extra: Extra<boolean> = {}): Flag<boolean> {
  return { kind: "bool", bare: "true", ...extra, initial: extra.initial ?? false };
}
export function text(extra: Extra<string> = {}): Flag<string> {
  return { kind: "string", ...extra, initial: extra.initial ?? "" };
}
/** Comma lists, repeatable: `-L a,b -L c`. */
export function list(extra: Extra<readonly string[]> = {}): Flag<readonly string[]> {
  return { kind: "stringSlice", ...extra, initial: extra.initial ?? [] };
}
/** Repeatable, commas kept: `--from-literal a=1,2`. */
export function array(extra: Extra<readonly string[]> = {}): Flag<readonly string[]> {
  return { kind: "stringArray", ...extra, initial: extra.initial ?? [] };
}
export function int(extra: Extra<number> & { readonly bits?: 0 | 32 | 64 } = {}): Flag<number> {
  const { bits = 0, ...rest } = extra;
  return { kind: bits === 0 ? "int" : bits === 32 ? "int32" : "int64", ...rest, initial: extra.initial ?? 0 };
}
/** In milliseconds; the initial value too. */
export function duration(extra: Extra<number> = {}): Flag<number> {
  return { kind: "duration", ...extra, initial: extra.initial ?? 0 };
}

/** Every verb takes these too. */
export const globalFlags: {
  readonly as: Flag<string>;
  readonly "as-group": Flag<readonly string[]>;
  readonly "as-uid": Flag<string>;
  readonly "as-user-extra": Flag<readonly string[]>;
  readonly "cache-dir": Flag<string>;
  readonly "certificate-authority": Flag<string>;
  readonly "client-certificate": Flag<string>;
  readonly "client-key": Flag<string>;
  readonly cluster: Flag<string>;
  readonly context: Flag<string>;
  readonly "disable-compression": Flag<boolean>;
  readonly "insecure-skip-tls-verify": Flag<boolean>;
  readonly kubeconfig: Flag<string>;
  readonly kuberc: Flag<string>;
  readonly "log-flush-frequency": Flag<number>;
  readonly "match-server-version": Flag<boolean>;
  readonly namespace: Flag<string>;
  readonly password: Flag<string>;
  readonly profile: Flag<string>;
  readonly "profile-output": Flag<string>;
  readonly "request-timeout": Flag<string>;
  readonly server: Flag<string>;
  readonly "tls-server-name": Flag<string>;
  readonly token: Flag<string>;
  readonly user: Flag<string>;
  readonly username: Flag<string>;
  readonly v: Flag<number>;
  readonly vmodule: Flag<string>;
  readonly "warnings-as-errors": Flag<boolean>;
} = {
  as: text(),
  "as-group": array(),
  "as-uid": text(),
  "as-user-extra": array(),
  "cache-dir": text(),
  "certificate-authority": text(),
  "client-certificate": text(),
  "client-key": text(),
  cluster: text(),
  context: text(),
  "disable-compression": bool(),
  "insecure-skip-tls-verify": bool(),
  kubeconfig: text(),
  kuberc: text(),
  "log-flush-frequency": duration({ initial: 5000 }),
  "match-server-version": bool(),
  namespace: text({ short: "n" }),
  password: text(),
  profile: text({ initial: "none" }),
  "profile-output": text({ initial: "profile.pprof" }),
  "request-timeout": text({ initial: "0" }),
  server: text({ short: "s" }),
  "tls-server-name": text(),
  token: text(),
  user: text(),
  username: text(),
  v: int({ short: "v", bits: 32 }),
  vmodule: text(),
  "warnings-as-errors": bool(),
};

export type GlobalFlags = FlagValues<typeof globalFlags>;
