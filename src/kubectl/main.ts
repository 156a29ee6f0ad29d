/**
 * kubectl's entry: which verb a command line means, its help, and how its failures are told. Gives the exit code.
 * Upstream: kubectl/pkg/cmd/cmd.go, github.com/spf13/cobra/command.go
 */
import type { Call, Verb } from "./command.ts";
import { ExitError, KubectlError, tell } from "./errors.ts";
import { findVerb, firstWord } from "./finding.ts";
import { globalFlags, type GlobalFlags, openFlags, openGlobals } from "./flags.ts";
import { helpText } from "./help/help.ts";
import { plainHelp } from "./help/plainHelp.ts";
import type { KubectlHost } from "./host.ts";
import { FlagError, type ParsedArgs, parseFlags } from "./parseFlags.ts";
import type { CommandLine } from "./preferences/applying.ts";
import type { PluginPolicy } from "./preferences/model.ts";
import { givenKuberc, hasKuberc, kubercPlace } from "./preferences/place.ts";
import { Session } from "./session.ts";
import { suggestions } from "./suggestions.ts";
import { type VerbEntry, verbs } from "./verbs.ts";
import { goQuote } from "../schema/scalars/goText.ts";

export interface KubectlOptions {
  /** Version of this program, for the user agent. */
  readonly version: string;
  /** The program that was called, where it has verbs beside kubectl's. */
  readonly program?: { readonly name: string; readonly verbs: readonly string[] } | undefined;
}

export async function runKubectl(
  args: readonly string[],
  host: KubectlHost,
  options: KubectlOptions = { version: "unknown" },
): Promise<number> {
  const toldOf = (error: unknown): number => {
    const { text, code } = tell(error);
    if (text !== "") host.err.write(text);
    return code;
  };
  try {
    return await dispatch(args, host, options);
  } catch (error) {
    return toldOf(error);
  }
}

async function dispatch(args: readonly string[], host: KubectlHost, options: KubectlOptions): Promise<number> {
  const { line, policy } = await preferred({ words: args, entries: openVerbs(host), preset: [] }, host);
  const { words, entries, preset } = line;
  if (words[0] === "__complete" || words[0] === "__completeNoDesc") {
    const { complete } = await import("./completing/complete.ts");
    await complete({ words: words.slice(1), described: words[0] === "__complete" }, host, entries);
    return 0;
  }
  const globals = openGlobals(host.env);
  const word = firstWord(globals, words);
  if (word === undefined) return await overview(words, host, options);
  if (word.text === "help") return await topicHelp(words.slice(word.at + 1), host);
  const found = await findVerb(words, entries, globals);
  if (found === undefined) throw await unknownVerb(word.text, words, host, options);
  return await runVerb(found.verb, found.path, [...preset, ...found.rest], { host, options, policy });
}

function openVerbs({ env }: KubectlHost): readonly VerbEntry[] {
  return hasKuberc(env) ? verbs : verbs.filter(({ name }) => name !== "kuberc");
}

/** As the user's kuberc wants it. The code for that is loaded only where there is one. */
async function preferred(line: CommandLine, host: KubectlHost): Promise<{ readonly line: CommandLine; readonly policy?: PluginPolicy }> {
  if (!hasKuberc(host.env) || line.words.length === 0) return { line };
  try {
    const place = kubercPlace(givenKuberc(line.words), host.env, host.files.home);
    if (place === undefined || (!place.explicit && (await host.files.stat(place.path)) === undefined)) return { line };
    const [{ loadPreferences }, { applyPreferences }] = await Promise.all([
      import("./preferences/loading.ts"),
      import("./preferences/applying.ts"),
    ]);
    const preferences = await loadPreferences(place, host);
    if (preferences === undefined) return { line };
    return { line: await applyPreferences(preferences, line, host), policy: preferences.pluginPolicy };
  } catch (error) {
    if (error instanceof KubectlError) throw new ExitError(1, `error occurred while applying preferences ${error.message}`);
    throw error;
  }
}

async function runVerb(
  verb: Verb,
  path: readonly string[],
  words: readonly string[],
  { host, options, policy }: { host: KubectlHost; options: KubectlOptions; policy: PluginPolicy | undefined },
): Promise<number> {
  const fullPath = ["kubectl", ...path].join(" ");
  const parsed = parsedWords({ ...verb, flags: { ...openGlobals(host.env), ...openFlags(verb.flags, host.env) } }, words, fullPath);
  for (const note of parsed.notes) host.err.write(note);
  if (parsed.help) {
    host.out.write(await verbHelp(verb, path, host));
    return 0;
  }
  if (verb.run === undefined) return await groupWithoutVerb(verb, path, parsed.args, host);
  const refused = verb.args?.(parsed.args, fullPath);
  if (refused !== undefined) throw new KubectlError(refused);
  const globals = globalsOf(verb, parsed);
  refuseUnknownProfile(globals.profile);
  const session = new Session(host, globals, userAgent(options), policy);
  const call: Call = {
    args: parsed.args,
    flags: parsed.values,
    changed: (flag) => parsed.changed.has(flag),
    dashAt: parsed.dashAt,
    path: fullPath,
    session,
  };
  try {
    await verb.run(call);
    const { warningCount } = session;
    if (session.globals["warnings-as-errors"] && warningCount > 0) {
      throw new KubectlError(`${warningCount} warning${warningCount === 1 ? "" : "s"} received`);
    }
    return 0;
  } catch (error) {
    throw verb.failure?.(error, fullPath) ?? error;
  } finally {
    await session.close();
  }
}

function parsedWords(verb: Verb, words: readonly string[], fullPath: string): ParsedArgs {
  try {
    return parseFlags(verb.flags, words, verb.interspersed);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    if (verb.failure !== undefined) throw verb.failure(error, fullPath);
    const advice = fullPath === "kubectl options" ? `Run '${fullPath}' without flags.` : `See '${fullPath} --help' for usage.`;
    throw new KubectlError(`${error.message}\n${advice}`);
  }
}

/** A verb's own flag hides the global one of its name. */
function globalsOf(verb: Verb, { values }: ParsedArgs): GlobalFlags {
  const hidden = Object.entries(globalFlags).filter(([name]) => Object.hasOwn(verb.flags, name));
  return { ...values, ...Object.fromEntries(hidden.map(([name, flag]) => [name, flag.initial])) } as unknown as GlobalFlags;
}

const userAgent = ({ version }: KubectlOptions): string => `kubectl/v1.36.3 (coxswain/${version})`;

async function help(path: readonly string[], host: KubectlHost): Promise<string> {
  return (await helpText(path.join(" "), host)) ?? (await plainHelp(path.join(" ")));
}

/** An alias is told of as the verb that it stands for, under its own name. */
async function verbHelp({ name, helpPath }: Verb, path: readonly string[], host: KubectlHost): Promise<string> {
  if (helpPath === undefined) return await help(path, host);
  const text = await help(helpPath, host);
  const flags = text.includes(`\n  kubectl ${helpPath.join(" ")} [flags] [options]\n`) ? " [flags]" : "";
  return text.replace(/\nUsage:\n {2}kubectl [^\n]*?( \[options\])?\n/, `\nUsage:\n  kubectl ${name}${flags}$1\n`);
}

/** `kubectl rollout` prints its help and fails; `kubectl rollout foo` says what it doesn't know. */
async function groupWithoutVerb(verb: Verb, path: readonly string[], args: readonly string[], host: KubectlHost): Promise<number> {
  const fullPath = ["kubectl", ...path].join(" ");
  if (args.length > 0) throw new KubectlError(`unknown command ${goQuote(args.join(" "))}\nSee '${fullPath} -h' for help and examples`);
  (verb.helpOnStderr === true ? host.err : host.out).write(await help(path, host));
  throw new ExitError(1);
}

/** Where no verb brings flags of its own. */
function parsedGlobals(words: readonly string[], fullPath: string, { env }: KubectlHost): ParsedArgs {
  try {
    return parseFlags(openGlobals(env), words);
  } catch (error) {
    if (error instanceof FlagError) throw new KubectlError(`${error.message}\nSee '${fullPath} --help' for usage.`);
    throw error;
  }
}

async function overview(args: readonly string[], host: KubectlHost, options: KubectlOptions): Promise<number> {
  const parsed = parsedGlobals(args, "kubectl", host);
  if (parsed.args[0] !== undefined) throw await unknownVerb(parsed.args[0], args, host, options);
  if (!parsed.help) refuseUnknownProfile(String(parsed.values["profile"]));
  host.out.write(await help([], host));
  return 0;
}

/** What kubectl can measure of itself; here there is nothing behind them. */
const profiles = ["none", "cpu", "heap", "goroutine", "threadcreate", "block", "mutex", "trace"];

function refuseUnknownProfile(profile: string): void {
  if (!profiles.includes(profile)) throw new KubectlError(`unknown profile '${profile}'`);
}

async function topicHelp(args: readonly string[], host: KubectlHost): Promise<number> {
  const path: string[] = [];
  const { args: words, help: ofHelp } = parsedGlobals(args, "kubectl help", host);
  if (ofHelp) {
    host.out.write(await help(["help"], host));
    return 0;
  }
  let known: readonly (VerbEntry | Verb)[] = verbs;
  for (const word of words) {
    const found: VerbEntry | Verb | undefined = known.find(({ name, aliases }) => name === word || aliases?.includes(word));
    if (found === undefined) break;
    path.push(found.name);
    known = "load" in found ? (await found.load()).subverbs : found.subverbs;
  }
  if (path.length === 0 && words.length > 0) {
    host.err.write(`Unknown help topic [${words.map((word) => `\`${word}\``).join(" ")}]\n`);
    // What stands between the long description and the end.
    const overview = await help([], host);
    host.err.write(`\n\n${overview.slice(Math.max(0, overview.indexOf("Basic Commands")))}`);
    return 0;
  }
  host.out.write(await help(path, host));
  return 0;
}

/** A plug-in of that name runs instead; where there is none, the refusal. */
async function unknownVerb(word: string, args: readonly string[], host: KubectlHost, { program }: KubectlOptions): Promise<Error> {
  if (args[0] !== word) return new ExitError(1, `Error: flags cannot be placed before plugin name: ${args[0] ?? ""}`);
  const { runPlugin } = await import("./plugins.ts");
  const code = await runPlugin(args, host);
  if (code !== undefined) return new ExitError(code);
  const near = suggestions(word, new Set(openVerbs(host).map(({ name }) => name)), program?.verbs);
  const hint = near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join("")}`;
  return new KubectlError(`unknown command ${goQuote(word)} for ${goQuote(program?.name ?? "kubectl")}${hint}`);
}
