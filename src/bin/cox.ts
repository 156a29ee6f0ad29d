#!/usr/bin/env node
import { basename } from "node:path";
import { runCox, runKubectlVerb } from "../cli/cox.ts";
import { version } from "../cli/version.ts";

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());
// A reader that has had enough (`| head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 74));
const interactive = process.stdout.isTTY;

const args = process.argv.slice(2);
const isKubectl = basename(process.argv[1] ?? "") === "kubectl";

(isKubectl
  ? runKubectlVerb(args, { signal: interrupt.signal, version })
  : runCox({
      args,
      env: process.env,
      streams: {
        out: (text) => void process.stdout.write(text),
        err: (text) => void process.stderr.write(text),
        interactive,
        colour: interactive && (process.env["NO_COLOR"] ?? "") === "",
      },
      signal: interrupt.signal,
      version,
    })
).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `Error: this is a fault of cox itself, please report it: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 70;
  },
);
