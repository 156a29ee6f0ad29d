/** Runs a tool of the base system (util-linux, iproute2, nft) to its end and gives its output. Long-lived children are spawned by their owners. */
import { spawn } from "node:child_process";

export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface ToolRun {
  readonly input?: string | undefined;
  /** Default 10 s. */
  readonly timeoutMs?: number | undefined;
}

/** Tools are looked up here and nowhere else: a pod's or a user's PATH must not choose what we run. */
export const toolEnvironment: NodeJS.ProcessEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** Resolves with stdout; rejects with ToolError (stderr in its message) when the exit code isn't 0. */
export function runTool(file: string, args: readonly string[], options: ToolRun = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: toolEnvironment, stdio: ["pipe", "pipe", "pipe"], timeout: options.timeoutMs ?? 10_000 });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => err.push(data));
    child.stdin.on("error", () => undefined);
    child.once("error", (error) => reject(new ToolError(`${file}: ${error.message}`, 127)));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const said = Buffer.concat(err).toString().trim();
      reject(new ToolError(`${file} ${args.join(" ")}: ${said === "" ? `exit ${code ?? signal}` : said}`, code ?? 128));
    });
    child.stdin.end(options.input ?? "");
  });
}
