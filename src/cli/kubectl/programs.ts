/** Programs that kubectl starts: editors, plug-ins, credential helpers. */
import { constants, promises as fs } from "node:fs";
import { delimiter, join } from "node:path";
import type { Programs } from "../../kubectl/host.ts";

export function nodePrograms(env: Readonly<Record<string, string | undefined>>): Programs {
  return {
    async runAttached(program, args, extra = {}) {
      const { spawn } = await import("node:child_process");
      return await new Promise<number>((resolve, reject) => {
        const child = spawn(program, [...args], { stdio: "inherit", env: { ...env, ...extra } });
        child.on("error", reject);
        child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
      });
    },
    async capture(program, args, options) {
      const { spawn } = await import("node:child_process");
      return await new Promise((resolve, reject) => {
        const child = spawn(program, [...args], {
          env: { ...env, ...options.env },
          stdio: [options.interactive === true ? "inherit" : "ignore", "pipe", options.withStderr === true ? "pipe" : "inherit"],
        });
        let output = "";
        child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
        child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
        child.on("error", reject);
        child.on("close", (code) => resolve({ code: code ?? 1, output }));
      });
    },
    async find(program) {
      const folders = program.includes("/") ? [""] : (env["PATH"] ?? "").split(delimiter);
      for (const folder of folders) {
        const path = folder === "" ? program : join(folder, program);
        if (await isProgram(path)) return path;
      }
      return undefined;
    },
  };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await fs.access(path, constants.X_OK);
    return (await fs.stat(path)).isFile();
  } catch {
    return false;
  }
}
