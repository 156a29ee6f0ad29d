/** A port-forward that runs beside a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type RealCluster, untilTrue } from "./realCluster.ts";

export interface Forward extends AsyncDisposable {
  readonly port: number;
  said(): string;
}

/** `text`: a shell line that becomes the port-forward. Resolves when it listens. */
export async function forwarded(cluster: RealCluster, text: string): Promise<Forward> {
  let said = "";
  const child: ChildProcess = spawn("sh", ["-c", text], {
    env: cluster.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (part: string) => (said += part));
  const port = (): number => Number(/127\.0\.0\.1:(\d+) ->/.exec(said)?.[1]);
  await untilTrue(() => port() > 0 || child.exitCode !== null, "kubectl listens");
  if (child.exitCode !== null) throw new Error(`kubectl port-forward: ${said}`);
  return {
    port: port(),
    said: () => said,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, "exit");
    },
  };
}
