/**
 * The load generator as a process of its own, so that nothing else takes its time: orders come as JSON lines on standard input, rows and the rest go
 * out as JSON lines. May be started inside a cluster's network.
 */
import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { Generator, probeOnce, usableCeiling } from "../../host-node/load/generator.ts";
import {
  type LedgerRow,
  type LoadGenerator,
  type LoadHealth,
  type LoadSpec,
  type LoadTarget,
  RateRefused,
} from "../../rehearsal/ports/load.ts";
import { programFolder } from "../programs.ts";

type Order =
  | { readonly type: "probe" | "start"; readonly spec: LoadSpec; readonly target: LoadTarget; readonly epochMs: number }
  | { readonly type: "measure"; readonly spec: LoadSpec }
  | { readonly type: "stop" };
type Message =
  | { readonly type: "probed"; readonly row: LedgerRow }
  | { readonly type: "measured"; readonly ceilingPerSecond: number }
  | { readonly type: "started" }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "rows"; readonly rows: readonly LedgerRow[] }
  | { readonly type: "stopped"; readonly health: LoadHealth };

const flushMs = 200;
const wantedPriority = -10;

/** The process's side. */
export function serveLoad(input: NodeJS.ReadableStream, write: (text: string) => void): void {
  preferSelf();
  const say = (message: Message): void => write(`${JSON.stringify(message)}\n`);
  let generator: Generator | undefined;
  let rows: LedgerRow[] = [];
  const flush = (): void => {
    if (rows.length > 0) say({ type: "rows", rows });
    rows = [];
  };
  const flusher = setInterval(flush, flushMs);
  const obey = async (order: Order): Promise<void> => {
    if (order.type === "probe") say({ type: "probed", row: await probeOnce(order) });
    else if (order.type === "measure") say({ type: "measured", ceilingPerSecond: await usableCeiling(order.spec) });
    else if (order.type === "start") {
      generator = new Generator({ ...order, onRow: (row) => rows.push(row) });
      say({ type: "started" });
    } else {
      const health = await generator?.stop();
      flush();
      if (health !== undefined) say({ type: "stopped", health });
    }
  };
  const lines = createInterface({ input });
  lines.on("line", (line) => {
    obey(JSON.parse(line) as Order).catch((error: unknown) =>
      say({ type: "refused", message: error instanceof Error ? error.message : String(error) }),
    );
  });
  lines.on("close", () => {
    clearInterval(flusher);
    process.exit(0);
  });
}

/** Before the pods that start meanwhile, where the system allows it: what leaves late measures nothing. */
function preferSelf(): void {
  try {
    setPriority(wantedPriority);
  } catch {
    // An ordinary user may not.
  }
}

export interface LoadProcess extends LoadGenerator, Disposable {}

/** `prefix`: a command that enters the network to send from, e.g. nsenter and its arguments. */
export function startLoadProcess(prefix: readonly string[] = []): LoadProcess {
  const [program = "", ...args] = [...prefix, process.execPath, join(programFolder(), "load.cjs")];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const collected: LedgerRow[] = [];
  const waiting: { readonly resolve: (message: Message) => void; readonly reject: (error: Error) => void }[] = [];
  const fail = (error: Error): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if (message.type === "rows") collected.push(...message.rows);
    else waiting.shift()?.resolve(message);
  });
  child.on("error", (error) => fail(new Error(`the load generator can't be started: ${error.message}`)));
  child.on("exit", (code) => fail(new Error(`the load generator ended with exit code ${code ?? 0}`)));
  const ask = (order: Order): Promise<Message> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  return {
    async probe(spec, target, epochMs) {
      const message = await ask({ type: "probe", spec, target, epochMs });
      if (message.type !== "probed") throw new Error("the load generator gave no probe");
      return message.row;
    },
    async measure(spec) {
      const message = await ask({ type: "measure", spec });
      if (message.type === "refused") throw new RateRefused(message.message);
      return message.type === "measured" ? message.ceilingPerSecond : 0;
    },
    async start(spec, target, epochMs) {
      collected.length = 0;
      await ask({ type: "start", spec, target, epochMs });
      return {
        stop: async () => {
          const stopped = await ask({ type: "stop" });
          if (stopped.type !== "stopped") throw new Error("the load generator did not stop in order");
          return { rows: [...collected].sort((a, b) => a.id - b.id), health: stopped.health };
        },
      };
    },
    [Symbol.dispose]: () => void child.kill("SIGTERM"),
  };
}
