/** `kubectl kuberc view` and `set`: the file of the user's preferences. Upstream: kubectl/pkg/cmd/kuberc */
import { goQuote } from "../../schema/scalars/goText.ts";
import { type Call, verb, type Verb, verbGroup } from "../command.ts";
import { KubectlError, textOf, throwAll } from "../errors.ts";
import { array, bool, text } from "../flags.ts";
import { FileError } from "../host.ts";
import { kubercPlace, type KubercPlace } from "../preferences/place.ts";
import type { OptionDefault } from "../preferences/model.ts";
import { emptyPreference, readPreference, type WireAlias, type WirePreference, writePreference } from "../preferences/wire.ts";
import { nameText } from "../printers/name.ts";
import { objectPrinter, withTemplate } from "../printers/objectPrinter.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { printFlags, refuseIf, requireFlags } from "../writing/flags.ts";

function placeOf(given: string, { host }: Session): KubercPlace {
  const place = kubercPlace(given, host.env, host.files.home);
  if (place === undefined) throw new KubectlError("KUBERC is disabled via KUBERC=off environment variable");
  return place;
}

/** What upstream offers to who has none yet. */
const recommended: WirePreference = {
  ...emptyPreference,
  defaults: [
    { command: "apply", options: [{ name: "server-side", default: "true" }] },
    { command: "delete", options: [{ name: "interactive", default: "true" }] },
  ],
};

const view: Verb = verb({
  name: "view",
  flags: { ...printFlags, kuberc: text(), output: text({ short: "o", initial: "yaml" }) },
  async run(call) {
    const { flags, session } = call;
    const { path, explicit } = placeOf(flags.kuberc, session);
    const found = await standing(path, session);
    if (found === "missing") {
      if (explicit) throw new KubectlError(`kuberc file not found at ${path}`);
      return await offerRecommended(path, session);
    }
    const print = await objectPrinter(session, withTemplate(flags, call.changed("output")));
    const { kind, apiVersion, defaults, aliases, ...policy } = found ?? emptyPreference;
    const shown = { kind, apiVersion, defaults: defaults ?? [], aliases: aliases ?? [], ...policy } as unknown as Unstructured;
    if (print === undefined) session.out(nameText(shown, ""));
    else print(shown, true);
  },
});

async function standing(path: string, { host }: Session): Promise<WirePreference | "missing" | undefined> {
  try {
    return await readPreference(path, host.files);
  } catch (error) {
    if (error instanceof FileError && error.code === "notFound") return "missing";
    throw error instanceof KubectlError ? error : new KubectlError(`error reading kuberc file: ${textOf(error)}`);
  }
}

async function offerRecommended(path: string, session: Session): Promise<void> {
  session.out(`kuberc file not found at ${path}\n`);
  session.out("Would you like to generate a default kuberc file with recommended options? (y/N): ");
  const answer = await session.host.input.readLine();
  if (answer?.trim().toLowerCase() === "y") await save(recommended, path, session);
}

async function save(preference: WirePreference, path: string, session: Session): Promise<void> {
  await writePreference(preference, path, session.host.files);
  session.out(`Updated ${path}\n`);
}

const setTable = {
  kuberc: text(),
  section: text(),
  command: text(),
  name: text(),
  policy: text(),
  option: array(),
  prependarg: array(),
  appendarg: array(),
  "allowlist-entry": array(),
  overwrite: bool(),
};

type SetCall = Call<typeof setTable>;
type SetFlags = SetCall["flags"];

const set: Verb = verb({
  name: "set",
  flags: setTable,
  async run(call) {
    const { flags, session } = call;
    requireFlags(call, "section");
    const { path } = placeOf(flags.kuberc, session);
    checkSetting(flags);
    const found = await standing(path, session);
    const before = found === "missing" || found === undefined ? emptyPreference : found;
    const options = flags.option.map(optionOf);
    await save(changed(before, flags, options), path, session);
  },
});

function checkSetting(flags: SetFlags): void {
  const { section, name, command, policy } = flags;
  const known = ["defaults", "aliases", "credentialplugin"];
  refuseIf(!known.includes(section), `--section must be "defaults", "aliases", or "credentialplugin", got: ${section}`);
  refuseIf(section === "aliases" && name === "", "--name is required when --section=aliases");
  refuseIf(section === "defaults" && name !== "", "--name should not be specified when --section=defaults");
  const withArguments = flags.prependarg.length > 0 || flags.appendarg.length > 0;
  refuseIf(section === "defaults" && withArguments, "--prependarg and --appendarg are only valid for --section=aliases");
  if (section !== "credentialplugin") {
    refuseIf(command === "", "--command is required when --section=aliases or --section=defaults");
    return;
  }
  refuseIf(policy === "", "--policy is required when --section=credentialplugin");
  const entries = flags["allowlist-entry"].length;
  if (policy === "AllowAll" || policy === "DenyAll") {
    refuseIf(entries > 0, "--allowlist-entry may only be used when --section=credentialplugin and --policy=Allowlist");
  } else if (policy === "Allowlist") {
    refuseIf(entries === 0, "--allowlist-entry is required when --section=credentialplugin and --policy=Allowlist");
  } else throw new KubectlError(` --policy must be  "AllowAll", "DenyAll", or "Allowlist", got: ${policy}`);
}

function optionOf(written: string): OptionDefault {
  const equals = written.indexOf("=");
  if (equals < 0) throw new KubectlError(`invalid option format ${goQuote(written)}, expected flag=value`);
  return { name: written.slice(0, equals).replace(/^-+/, ""), default: written.slice(equals + 1) };
}

function changed(before: WirePreference, flags: SetFlags, options: readonly OptionDefault[]): WirePreference {
  if (flags.section === "aliases") return withAlias(before, flags, options);
  return flags.section === "defaults" ? withDefaults(before, flags, options) : withPolicy(before, flags);
}

/** What isn't given of an entry that stands stays. */
function withDefaults(before: WirePreference, { command, overwrite }: SetFlags, options: readonly OptionDefault[]): WirePreference {
  const known = before.defaults ?? [];
  const at = known.findIndex((one) => one.command === command);
  if (at < 0) return { ...before, defaults: [...known, { command, options: options.length === 0 ? null : options }] };
  if (!overwrite) throw new KubectlError(`defaults for command ${goQuote(command)} already exist, use --overwrite to replace`);
  return { ...before, defaults: known.with(at, { command, options: options.length === 0 ? (known[at]?.options ?? null) : options }) };
}

function withAlias(before: WirePreference, flags: SetFlags, options: readonly OptionDefault[]): WirePreference {
  const { name, command, overwrite } = flags;
  const known = before.aliases ?? [];
  const at = known.findIndex((one) => one.name === name);
  if (at >= 0 && !overwrite) throw new KubectlError(`alias ${goQuote(name)} already exists, use --overwrite to replace`);
  const given = { prependArgs: flags.prependarg, appendArgs: flags.appendarg, options };
  const filled = Object.fromEntries(Object.entries(given).filter(([, list]) => list.length > 0));
  const { prependArgs, appendArgs, options: kept }: Partial<WireAlias> = { ...known[at], ...filled };
  const alias: WireAlias = {
    name,
    command,
    ...(prependArgs === undefined ? {} : { prependArgs }),
    ...(appendArgs === undefined ? {} : { appendArgs }),
    ...(kept === undefined ? {} : { options: kept }),
  };
  return { ...before, aliases: at < 0 ? [...known, alias] : known.with(at, alias) };
}

function withPolicy(before: WirePreference, flags: SetFlags): WirePreference {
  const { credentialPluginAllowlist: _former, ...others } = before;
  if (flags.policy !== "Allowlist") return { ...others, credentialPluginPolicy: flags.policy };
  const problems: unknown[] = [];
  const entries: { command: string }[] = [];
  for (const pair of flags["allowlist-entry"].flatMap((one) => one.split(","))) {
    const problem = entryProblem(pair);
    if (problem === undefined) entries.push({ command: pair.slice(pair.indexOf("=") + 1) });
    else problems.push(new KubectlError(problem));
  }
  throwAll(problems);
  return { ...others, credentialPluginPolicy: flags.policy, credentialPluginAllowlist: entries };
}

function entryProblem(pair: string): string | undefined {
  const equals = pair.indexOf("=");
  if (equals < 0) return `improperly formatted allowlist entry: ${goQuote(pair)}`;
  const field = pair.slice(0, equals);
  if (field === "name") return 'allowlist entry field "name" is deprecated, use "command" instead';
  if (field !== "command") return `unrecognized allowlist entry field: ${goQuote(field)}`;
  return pair.slice(equals + 1).trim() === "" ? `empty value in allowlist entry for field ${goQuote(field)}` : undefined;
}

export const kuberc: Verb = verbGroup("kuberc", [set, view], { helpOnStderr: true });
