#!/usr/bin/env node
/** Starts the program that a command line means: cox's own verbs (own.cjs) or kubectl (kubectl.cjs). Loads little itself: most starts are short. */
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { cacheFileFor, runCached } from "../cli/codeCache.ts";
import { isOwn } from "../cli/ownWords.ts";

/** What own.cjs and kubectl.cjs export; undefined: the words are kubectl's. */
interface Program {
  run(args: readonly string[], signal: AbortSignal): Promise<number | undefined>;
}

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());

function program(name: "own" | "kubectl", args: readonly string[]): Program {
  const path = join(dirname(realpathSync(process.argv[1] ?? "")), `${name}.cjs`);
  const part = args.find((word) => /^[a-z][a-z-]{1,20}$/.test(word)) ?? "";
  const { exports, keep } = runCached<Program>({ path, cacheFile: cacheFileFor(path, part, process.env, homedir()), require });
  process.once("exit", keep);
  return exports;
}

async function main(args: readonly string[]): Promise<number> {
  if (basename(process.argv[1] ?? "") !== "kubectl" && isOwn(args)) {
    const code = await program("own", args).run(args, interrupt.signal);
    if (code !== undefined) return code;
  }
  const words = args[0] === "kubectl" ? args.slice(1) : args;
  return (await program("kubectl", words).run(words, interrupt.signal)) ?? 0;
}

main(process.argv.slice(2)).then(
  // Ends without taking Node down piece by piece. The programs see to it that what they wrote has been written by then.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      `Error: this is a fault of cox itself, please report it: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 70;
  },
);
