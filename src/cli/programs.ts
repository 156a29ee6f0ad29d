import { realpathSync } from "node:fs";
import { dirname } from "node:path";

/** The folder of the built programs (cox.cjs, control-plane.cjs, agent.cjs, catalogue/): where this one was started from. */
export function programFolder(): string {
  return dirname(realpathSync(process.argv[1] ?? "."));
}
