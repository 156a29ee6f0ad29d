/** A real cluster for a test: `cox up` in a state folder of its own, the genuine kubectl, and a shell in which both are on the PATH. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const cox = join(root, "dist/cox.cjs");

/** Where tools/test.mjs put the genuine kubectl and Helm; undefined where they can't be had. */
export function genuineTools(): string | undefined {
  const done = spawnSync(process.execPath, [join(root, "tools/kubectl.mjs")], { encoding: "utf8" });
  if (done.status === 0) return done.stdout.trim();
  console.log(`skipped: what needs the genuine kubectl, which can't be had here: ${done.stderr.trim()}`);
  return undefined;
}

export interface ShellResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RealCluster extends AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs shell text in the cluster's folder; never throws for an exit code. */
  sh(text: string, timeoutMs?: number): Promise<ShellResult>;
  cox(...args: string[]): Promise<ShellResult>;
}

/** An ordinary user's ids, for running as one when the tests run as root. */
export const ordinaryUser = { uid: 61_234, gid: 61_234 };

export async function realCluster(options: {
  name: string;
  nodes?: number;
  as?: { uid: number; gid: number };
  tools: string;
  /** `kubectl` is cox itself. */
  ownKubectl?: boolean;
  up?: readonly string[];
  /** Another cox than the one in dist/. */
  program?: string;
}): Promise<RealCluster> {
  const folder = mkdtempSync(join(tmpdir(), "cox-test-"));
  const program = options.program ?? cox;
  chmodSync(folder, 0o755);
  const bin = join(folder, "bin");
  mkdirSync(bin);
  if (options.ownKubectl === true) {
    writeFileSync(join(bin, "kubectl"), `#!/bin/sh\nexec "${process.execPath}" "${program}" kubectl "$@"\n`, { mode: 0o755 });
  }
  for (const tool of options.ownKubectl === true ? ["helm"] : ["kubectl", "helm"])
    if (existsSync(join(options.tools, tool))) symlinkSync(join(options.tools, tool), join(bin, tool));
  writeFileSync(join(bin, "cox"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(bin, "cox"), 0o755);
  if (options.as !== undefined || process.getuid?.() !== 0) {
    // Port 443 is not for ordinary users: the lab's own curl finds the port that the Service got.
    writeFileSync(join(bin, "curl"), `#!/bin/sh\nexec "${process.execPath}" "${join(root, "dist/lab-curl.cjs")}" "$@"\n`);
    chmodSync(join(bin, "curl"), 0o755);
  }
  if (options.as !== undefined) for (const path of [folder, bin]) chownSync(path, options.as.uid, options.as.gid);
  const env = {
    PATH: `${bin}:${process.env["PATH"] ?? "/usr/bin:/bin"}`,
    HOME: folder,
    COX_HOME: join(folder, "state"),
    KUBECONFIG: join(folder, "kubeconfig"),
    LANG: "C.UTF-8",
  };
  const sh = (text: string, timeoutMs = 120_000): Promise<ShellResult> => shell(text, { folder, env, timeoutMs, as: options.as });
  const cluster: RealCluster = {
    name: options.name,
    folder,
    env,
    sh,
    cox: (...args) => sh(`cox ${args.map((arg) => `'${arg}'`).join(" ")}`),
    async [Symbol.asyncDispose]() {
      const down = await sh(`cox down --name ${options.name} --delete`);
      rmSync(folder, { recursive: true, force: true });
      if (down.code !== 0) throw new Error(`cox down: ${down.stdout}${down.stderr}`);
    },
  };
  const up = await sh(`cox up --name ${options.name} --nodes ${options.nodes ?? 5} ${(options.up ?? []).join(" ")}`);
  if (up.code !== 0) {
    const log = await sh(`tail -n 40 ${folder}/state/${options.name}/logs/control-plane.log`);
    await cluster[Symbol.asyncDispose]();
    throw new Error(`cox up: ${up.stdout}${up.stderr}\n${log.stdout}`);
  }
  return cluster;
}

/** Asks again and again, for at most ten seconds. */
export async function untilTrue(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 200) throw new Error(`it did not come about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface ShellOptions {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly timeoutMs: number;
  readonly as: { uid: number; gid: number } | undefined;
}

function shell(text: string, { folder, env, timeoutMs, as }: ShellOptions): Promise<ShellResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-e", "-c", text], { cwd: folder, env, timeout: timeoutMs, stdio: ["ignore", "pipe", "pipe"], ...as });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 255, stdout, stderr }));
  });
}
