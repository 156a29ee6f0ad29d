/** The load generator as a program: orders come as JSON lines on standard input, rows and the rest go out as JSON lines. Its other side: loadProcess.ts. */
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { Generator, probeOnce, usableCeiling } from "../../host-node/load/generator.ts";
import { type LedgerRow, type LoadHealth, type LoadSpec, type LoadTarget } from "../../rehearsal/ports/load.ts";

export type Order =
  | { readonly type: "probe" | "start"; readonly spec: LoadSpec; readonly target: LoadTarget; readonly epochMs: number }
  | { readonly type: "measure"; readonly spec: LoadSpec }
  | { readonly type: "stop" };
export type Message =
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
      if (generator === undefined) throw new Error("there is no load to stop");
      const health = await generator.stop();
      flush();
      say({ type: "stopped", health });
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
