/** Runs the guide's commands as a person would type them, each in a shell in the lab's folder, and stops at the first that fails. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { accessOf } from "../access.ts";
import { ClusterState, homeFolder } from "../../daemon/clusterState.ts";
import { CommandError, type CommandInput } from "../command.ts";
import { startCluster } from "../commands/up.ts";
import { kubeconfigText } from "../kubeconfigFile.ts";
import { programFolder } from "../programs.ts";
import { guideText, packagePath, writeLab } from "./files.ts";
import { type GuideBlock, type GuideStep, parseGuide } from "./guide.ts";
import { LiveShare } from "./liveShare.ts";

export async function runLab(input: CommandInput, options: { name: string; nodes: string }): Promise<number> {
  const state = new ClusterState(homeFolder(input.env), options.name);
  if (!state.exists() || state.runningPid() === undefined) await startCluster(input, { ...options, catalogue: true });
  const folder = state.path("lab");
  rmSync(folder, { recursive: true, force: true });
  await writeLab(folder);
  const env = labEnvironment(state, input.env, folder);
  await runShell(cleanUp, { folder, env, signal: input.signal, show: () => undefined });
  const { out } = input.streams;
  if (!mayBindLowPorts())
    out(
      "Port 443 is not for ordinary users here: the Service answers on another port, and the lab's curl finds it (cox service url frontend).\n",
    );
  const bold = (text: string): string => (input.streams.colour ? `\u001b[1m${text}\u001b[0m` : text);
  for (const step of parseGuide(guideText("en"))) {
    out(`\n${bold(`=== ${step.title}`)}\n`);
    // Where two versions answer, their share is seen as it moves.
    const live = sharesTraffic(step) ? new LiveShare(state, input.streams) : undefined;
    const show = live === undefined ? out : (text: string): void => live.write(text);
    try {
      const shell = (commands: readonly string[]): Promise<number> => runShell(commands, { folder, env, signal: input.signal, show });
      for (const block of step.blocks) await runBlock(block, shell, show);
    } finally {
      await live?.[Symbol.asyncDispose]();
    }
  }
  out(farewell(options.name, onPath("kubectl", searchPath(input.env)) === undefined ? "cox" : "kubectl"));
  return 0;
}

/** The steps on canary and blue/green measure how the versions share the answers. */
function sharesTraffic({ blocks }: GuideStep): boolean {
  return blocks.some(({ commands }) => commands.some((line) => line.startsWith("cox lab share ")));
}

async function runBlock(
  block: GuideBlock,
  shell: (commands: readonly string[]) => Promise<number>,
  out: (text: string) => void,
): Promise<void> {
  if (block.why !== "") out(`\n# ${block.why}\n`);
  const code = await shell(block.commands);
  if (code !== 0) throw new CommandError(`The lab stopped: the commands above ended with exit code ${code}.`);
}

/** What an earlier run of the lab left in the cluster goes first. */
const cleanUp = [
  "kubectl delete --ignore-not-found -f deployments -f services",
  "kubectl delete --ignore-not-found secret/tls-certs configmap/nginx-frontend-conf",
];

function labEnvironment(state: ClusterState, env: CommandInput["env"], folder: string): Record<string, string | undefined> {
  const bin = join(state.folder, "run", "bin");
  mkdirSync(bin, { recursive: true });
  const kubeconfig = join(folder, ".kubeconfig");
  writeFileSync(kubeconfig, kubeconfigText(accessOf(state)), { mode: 0o600 });
  const cox = `exec "${process.execPath}" "${join(programFolder(), "cox.cjs")}"`;
  script(join(bin, "cox"), `${cox} "$@"`);
  const path = searchPath(env);
  const kubectl = env["COX_KUBECTL"] ?? onPath("kubectl", path);
  rmSync(join(bin, "kubectl"), { force: true });
  // cox is a kubectl, too.
  if (kubectl === undefined) script(join(bin, "kubectl"), `${cox} kubectl "$@"`);
  else symlinkSync(kubectl, join(bin, "kubectl"));
  rmSync(join(bin, "curl"), { force: true });
  if (onPath("curl", path) === undefined || !mayBindLowPorts())
    script(join(bin, "curl"), `exec "${process.execPath}" "${join(programFolder(), "lab-curl.cjs")}" "$@"`);
  return { ...env, KUBECONFIG: kubeconfig, PATH: `${bin}${delimiter}${path}` };
}

function script(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function mayBindLowPorts(): boolean {
  const firstFree = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  return process.getuid?.() === 0 || firstFree <= 80;
}

const searchPath = (env: CommandInput["env"]): string => env["PATH"] ?? "/usr/bin:/bin";

function onPath(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((candidate) => existsSync(candidate));
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

interface ShellContext {
  readonly folder: string;
  readonly env: Record<string, string | undefined>;
  readonly signal: AbortSignal;
  readonly show: (text: string) => void;
}

/** One shell for the block, so that variables last; each line is shown before it runs. */
function runShell(commands: readonly string[], { folder, env, signal, show }: ShellContext): Promise<number> {
  const text = commands.flatMap((line) => (line.trim() === "" ? [] : [`printf '%s\\n' ${quote(`$ ${line}`)}`, line])).join("\n");
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-e", "-c", text], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"], signal });
    child.stdout.setEncoding("utf8").on("data", show);
    child.stderr.setEncoding("utf8").on("data", show);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

function farewell(name: string, kubectl: string): string {
  return `
The lab is done, and the cluster "${name}" is still up. Try next:
  ${kubectl} --context cox-${name} get all
  cox status --name ${name}
  ${packagePath("docs", "lab.md")}   the guide, to do it by hand
  cox down --name ${name}            when you are done
`;
}
