/** `cox rehearse` in this process, with its streams caught and its reports read back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { runCox } from "../../src/cli/cox.ts";
import type { Report } from "../../src/rehearsal/report/model.ts";

const builtCox = fileURLToPath(new URL("../../dist/cox.cjs", import.meta.url));
const spawnedMs = 300_000;

export interface Rehearsed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** In the order in which they were rehearsed; empty where none came to its end. */
  readonly reports: readonly Report[];
}

export interface Scratch extends Disposable {
  readonly folder: string;
  path(name: string): string;
}

export function scratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), "cox-rehearse-"));
  return {
    folder,
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Everything that it writes is below the folder. */
export async function coxRehearse(args: readonly string[], { folder }: Scratch): Promise<Rehearsed> {
  const said = { out: "", err: "" };
  const json = join(folder, "report.json");
  rmSync(json, { force: true });
  const code = await runCox({
    args: ["rehearse", ...args, "--json", json],
    env: { ...process.env, COX_HOME: join(folder, "home"), KUBECONFIG: process.env["KUBECONFIG"] ?? join(folder, "kubeconfig") },
    streams: {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      colour: false,
      interactive: false,
    },
    signal: new AbortController().signal,
    version: "test",
  });
  return { code: code ?? -1, ...said, reports: reportsIn(json) };
}

function reportsIn(path: string): readonly Report[] {
  try {
    return [JSON.parse(readFileSync(path, "utf8")) as Report | Report[]].flat();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The built `cox` as a process: for real clusters. Ends within the time, or fails. */
export async function spawnedRehearse(
  args: readonly string[],
  { folder }: Scratch,
  env: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Rehearsed> {
  const json = join(folder, "report.json");
  rmSync(json, { force: true });
  const own = { COX_HOME: join(folder, "home"), KUBECONFIG: join(folder, "kubeconfig") };
  const child = spawn(process.execPath, [builtCox, "rehearse", ...args, "--json", json], {
    env: { ...process.env, ...own, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: spawnedMs,
  });
  child.stdin.end(input);
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 255, out: await out, err: await err, reports: reportsIn(json) };
}
