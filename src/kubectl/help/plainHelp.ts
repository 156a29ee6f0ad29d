/** Help out of the flag tables alone, for a build that had no genuine kubectl to ask: verbs, flags and defaults, without a word on what they are for. */
import { flagLines } from "./flagRows.ts";
import { verbRows } from "./verbRows.ts";

/** Of a verb, by its path. */
export async function plainHelp(path: string): Promise<string> {
  const rows = await verbRows();
  const below = path === "" ? "" : `${path} `;
  const verbs = rows.map((row) => (row.path.startsWith(below) ? row.path.slice(below.length) : "")).filter((name) => /^[^ ]+$/.test(name));
  const flags = rows.find((row) => row.path === path)?.flags ?? [];
  const usage = ["kubectl", ...(path === "" ? [] : [path]), ...(verbs.length === 0 ? [] : ["COMMAND"]), "[options]"];
  return [
    "This build has no descriptions: there was no genuine kubectl to take them from.\n",
    ...(verbs.length === 0 ? [] : ["\nAvailable Commands:\n", ...verbs.map((name) => `  ${name}\n`)]),
    ...(flags.length === 0 ? [] : [`\nOptions:\n${flagLines(flags)}`]),
    `\nUsage:\n  ${usage.join(" ")}\n`,
  ].join("");
}
