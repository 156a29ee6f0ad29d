/** Plug-ins: programs named `kubectl-...` on the PATH. Upstream: kubectl/pkg/cmd/plugin.go */
import type { KubectlHost } from "./host.ts";

/** Runs the plug-in with the longest name that the words make; undefined where there is none. Gives its exit code. */
export async function runPlugin(args: readonly string[], host: KubectlHost): Promise<number | undefined> {
  const words: string[] = [];
  for (const arg of args) {
    if (arg.startsWith("-")) break;
    words.push(arg.replaceAll("-", "_"));
  }
  for (let count = words.length; count > 0; count -= 1) {
    const program = await host.programs.find(`kubectl-${words.slice(0, count).join("-")}`);
    if (program !== undefined) return await host.programs.runAttached(program, args.slice(count));
  }
  return undefined;
}
