/** The control plane's program: `control-plane.cjs STATE-FOLDER [--catalogue=off]`, started by `cox up`. */
import { setMaxListeners } from "node:events";
import { basename, dirname } from "node:path";
import { version } from "../cli/version.ts";
import { ClusterState } from "../daemon/clusterState.ts";
import { runControlPlane } from "../daemon/controlPlane.ts";
import type { StartMessage } from "../daemon/messages.ts";

// One signal stops many waiting parts here; that is no leak.
setMaxListeners(0);

const [, program = "", folder = "", ...flags] = process.argv;
const state = new ClusterState(dirname(folder), basename(folder));
const tell = (message: StartMessage): void => {
  if (process.connected) process.send?.(message, () => undefined);
};
const started = runControlPlane({ state, programs: dirname(program), catalogue: !flags.includes("--catalogue=off"), version, tell });
started.catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
  tell({ type: "failed", message });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});

const stop = (): void => {
  void started
    .then((running) => running[Symbol.asyncDispose]())
    .catch(() => undefined)
    .finally(() => process.exit());
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
