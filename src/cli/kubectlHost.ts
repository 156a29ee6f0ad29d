/** Where kubectl runs as a program: this process's streams, files, programs and sockets. */
import { basename } from "node:path";
import type { Clock } from "../base/clock.ts";
import { ConnectError, type KubectlHost } from "../kubectl/host.ts";
import { lazyConnection } from "./kubectl/lazyConnection.ts";
import { helpTexts } from "./kubectl/helpTexts.ts";
import { nodeFiles } from "./kubectl/files.ts";
import { nodePrograms } from "./kubectl/programs.ts";
import { nodeInput, nodeOutput } from "./kubectl/streams.ts";
import { programFolder } from "./programs.ts";

export function processHost(signal: AbortSignal): KubectlHost {
  return {
    out: nodeOutput(1),
    err: nodeOutput(2),
    input: nodeInput(() => process.stdin),
    clock: systemClock,
    rng: { next: () => Math.random() },
    env: process.env,
    files: nodeFiles(process.env),
    programs: nodePrograms(process.env),
    tar: async () => (await import("./kubectl/tarCodec.ts")).tarCodec,
    helpTexts: () => helpTexts(programFolder()),
    programName: basename(process.argv[1] ?? "kubectl").replace(/\.cjs$/, ""),
    signal,
    connect: (target) => lazyConnection(target, process.env),
    fetchUrl: nodeFetch,
    keyPairProblem: async (...pair) => await (await import("./kubectl/keyPair.ts")).keyPairProblem(...pair),
    serve: async (...args) => (await import("./kubectl/localServer.ts")).nodeServe(...args),
    listen: async (...args) => (await import("./kubectl/sockets.ts")).nodeListen(...args),
  };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

export const nodeFetch: KubectlHost["fetchUrl"] = async (url) => {
  try {
    const response = await fetch(url);
    return { status: response.status, statusText: response.statusText, body: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new ConnectError(`Get "${url}": ${cause instanceof Error ? cause.message : String(cause)}`);
  }
};
