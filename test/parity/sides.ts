/** Runs a command line with genuine kubectl (a child process) and with ours (in this process). */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { genuineTools } from "../../tools/kubectl.mjs";
import { nodeConnection } from "../../src/cli/kubectl/connection.ts";
import { nodeFiles } from "../../src/cli/kubectl/files.ts";
import { helpTexts } from "../../src/cli/kubectl/helpTexts.ts";
import { keyPairProblem } from "../../src/cli/kubectl/keyPair.ts";
import { nodePrograms } from "../../src/cli/kubectl/programs.ts";
import { nodeServe } from "../../src/cli/kubectl/localServer.ts";
import { tarCodec } from "../../src/cli/kubectl/tarCodec.ts";
import { nodeListen } from "../../src/cli/kubectl/sockets.ts";
import { nodeFetch, systemClock } from "../../src/cli/kubectlHost.ts";
import { seededRng } from "../../src/base/rng.ts";
import type { Input, KubectlHost, Output } from "../../src/kubectl/host.ts";
import { runKubectl } from "../../src/kubectl/main.ts";
import type { Row } from "./rows.ts";

const programs = fileURLToPath(new URL("../../dist", import.meta.url));
export const filesFolder: string = fileURLToPath(new URL("files/", import.meta.url));

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface Place {
  readonly kubeconfig: string;
  readonly home: string;
}

const limitMs = 30_000;

export function runGenuine(row: Row, place: Place): Promise<Outcome> {
  const started = spawn(join(genuineTools(), "kubectl"), [...row.args], { cwd: filesFolder, env: environment(row, place), stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  started.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  started.stdin.on("error", () => undefined);
  started.stdin.end(row.stdin === undefined ? "" : readFileSync(join(filesFolder, row.stdin)));
  const timer = setTimeout(() => started.kill("SIGINT"), row.interruptMs ?? limitMs);
  return new Promise((resolve) => {
    started.on("close", (code) => {
      clearTimeout(timer);
      resolve({ stdout, stderr, code: code ?? 130 });
    });
  });
}

export async function runOurs(row: Row, place: Place): Promise<Outcome> {
  const out = new Collected();
  const err = new Collected();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), row.interruptMs ?? limitMs);
  try {
    const code = await runKubectl(row.args, hostOf(row, place, { out, err, signal: stop.signal }), { version: "test" });
    return { stdout: out.text(), stderr: err.text(), code };
  } finally {
    clearTimeout(timer);
  }
}

function environment(row: Row, { kubeconfig, home }: Place): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, KUBECONFIG: kubeconfig, TERM: "dumb", ...row.env };
}

function hostOf(row: Row, place: Place, { out, err, signal }: { out: Output; err: Output; signal: AbortSignal }): KubectlHost {
  const env = environment(row, place);
  return {
    out,
    err,
    signal,
    env,
    input: fixedInput(row.stdin === undefined ? new Uint8Array() : readFileSync(join(filesFolder, row.stdin))),
    clock: systemClock,
    rng: seededRng(1),
    files: nodeFiles(env),
    programs: nodePrograms(env),
    tar: () => Promise.resolve(tarCodec),
    helpTexts: () => helpTexts(programs),
    programName: "kubectl",
    connect: nodeConnection,
    fetchUrl: nodeFetch,
    keyPairProblem,
    listen: nodeListen,
    serve: nodeServe,
  };
}

class Collected implements Output {
  readonly isTerminal = false;
  private readonly parts: Uint8Array[] = [];

  write(data: string | Uint8Array): void {
    this.parts.push(typeof data === "string" ? new TextEncoder().encode(data) : data.slice());
  }

  text(): string {
    return Buffer.concat(this.parts).toString("utf8");
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  size(): undefined {
    return undefined;
  }

  onResize(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }
}

function fixedInput(bytes: Uint8Array): Input {
  let lines = new TextDecoder().decode(bytes).split("\n");
  return {
    isTerminal: false,
    readAll: () => Promise.resolve(bytes),
    async *stream() {
      if (bytes.length > 0) yield bytes;
    },
    readLine() {
      const [line, ...rest] = lines;
      lines = rest;
      return Promise.resolve(line === "" && rest.length === 0 ? undefined : line);
    },
    raw: () => ({ [Symbol.dispose]: () => undefined }),
    close: () => undefined,
  };
}
