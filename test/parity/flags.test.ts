/** Every verb of upstream's is there and takes the flags that its help lists, with their shorthands and defaults, and no others. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { genuineTools } from "../lab/realCluster.ts";
import { helpTexts } from "../../src/cli/kubectl/helpTexts.ts";
import type { FlagRow } from "../../src/kubectl/help/flagRows.ts";
import { verbRows } from "../../src/kubectl/help/verbRows.ts";

const rows = await verbRows();
const helps = await helpTexts(join(process.cwd(), "dist"));

/** What `kubectl options` prints, which isn't a verb's help. */
const everyVerbsFlags = "options list";

/** Texts that are those of no verb of ours: `help` is understood, not run. */
const noVerbs = ["apply, with KUBECTL_APPLYSET", "help", everyVerbsFlags];

/** Defaults that a help shows otherwise: the cache is under the user's home, and values of types of their own are shown bare. */
const shownOtherwise: Readonly<Record<string, string>> = { "cache-dir": "'$HOME/.kube/cache'", vmodule: "", "aggregation-rule": "" };

function shown({ name, short, initial }: FlagRow): string {
  return `--${name}${short === undefined ? "" : ` -${short}`} ${shownOtherwise[name] ?? initial}`;
}

/** From lines such as `    -o, --output='':`. */
function listed(help: string): string[] {
  const options = help.slice(
    Math.max(0, help.indexOf("\nOptions:\n")),
    help.includes("\nUsage:") ? help.lastIndexOf("\nUsage:") : undefined,
  );
  return [...options.matchAll(/^ {4}(?:-(\w), )?--([\w-]+)=?(.*):$/gm)].map(([, short, name = "", initial = ""]) =>
    shown({ name, short, initial }),
  );
}

describe.skipIf(genuineTools() === undefined)("the flag tables", () => {
  /** The help of `options` lists the flags of every verb. */
  test.each(rows.filter(({ path }) => path !== "options"))("kubectl $path", ({ path, flags }) => {
    const help = helps[path === "" ? everyVerbsFlags : path];
    expect(help, "upstream has no such verb").toBeDefined();
    expect(flags.map(shown).toSorted()).toEqual(listed(help ?? "").toSorted());
  });

  test("have all of upstream's verbs", () => {
    const missing = Object.keys(helps).filter((path) => !rows.some((row) => row.path === path));
    expect(missing.toSorted()).toEqual(noVerbs);
  });
});
