/** Unpacking in a thread of its own: it blocks while it writes, and downloads go on meanwhile. The thread's program is the built image-service.cjs. */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { ArchiveError } from "./archiveError.ts";
import { type Unpack, type UnpackJob, unpackLayers } from "./unpack.ts";

type Outcome =
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly archive: boolean; readonly code: string; readonly message: string };

export function unpackInWorker(program: string): Unpack {
  return (job) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(program, { workerData: job, stdout: false });
      worker.once("message", (outcome: Outcome) => {
        if (outcome.type === "done") resolve();
        else if (outcome.archive) reject(new ArchiveError(outcome.message));
        else reject(Object.assign(new Error(outcome.message), { code: outcome.code }));
      });
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`the unpacking thread ended (exit code ${code})`)));
    });
}

/** The thread's main. */
export async function unpackAsWorker(): Promise<void> {
  try {
    await unpackLayers(workerData as UnpackJob);
    tell({ type: "done" });
  } catch (error) {
    const { code = "", message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
    tell({ type: "failed", archive: error instanceof ArchiveError, code, message });
  }
}

function tell(outcome: Outcome): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(outcome);
}
