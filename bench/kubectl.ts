/**
 * Start-up of `cox` as a kubectl beside the genuine one, turn by turn on the same cluster: `version --client`, `get pods` over the cluster's Unix
 * socket, and `get pods` over TLS as on any other cluster. Medians in milliseconds, and the processor time that they took.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rounds = 30;
const folder = mkdtempSync(join(tmpdir(), "bench-kubectl-"));
const kubeconfig = join(folder, "kubeconfig");
const env = { ...process.env, COX_HOME: folder, KUBECONFIG: kubeconfig, XDG_CACHE_HOME: join(folder, "cache"), HOME: folder };
const elsewhere = { ...env, COX_HOME: join(folder, "none") };
const cox = [process.execPath, "dist/cox.cjs"];
const genuine = [join(spawnSync(process.execPath, ["tools/kubectl.mjs"], { encoding: "utf8" }).stdout.trim(), "kubectl")];

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function run(command: readonly string[], environment: NodeJS.ProcessEnv): Run {
  const [program = "", ...args] = command;
  const before = childrenCpuMs();
  const started = performance.now();
  const done = spawnSync(program, args, { env: environment, encoding: "utf8" });
  const wallMs = performance.now() - started;
  if (done.status !== 0) throw new Error(`${command.join(" ")}: ${done.stdout}${done.stderr}`);
  return { wallMs, cpuMs: childrenCpuMs() - before };
}

/** Of all children that have ended. */
function childrenCpuMs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

const median = (values: readonly number[]): string => (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1);
const mean = (values: readonly number[]): string => (values.reduce((sum, one) => sum + one, 0) / values.length).toFixed(1);

function compare(name: string, args: readonly string[], ours: NodeJS.ProcessEnv): void {
  // Caches of both: the code's, and discovery's.
  for (let at = 0; at < 3; at += 1) for (const program of [cox, genuine]) run([...program, ...args], ours);
  const [mine, theirs]: [Run[], Run[]] = [[], []];
  for (let at = 0; at < rounds; at += 1) {
    mine.push(run([...cox, ...args], ours));
    theirs.push(run([...genuine, ...args], ours));
  }
  const row = (runs: readonly Run[]): string =>
    `${median(runs.map((one) => one.wallMs))} ms (processor ${mean(runs.map((one) => one.cpuMs))})`;
  console.log(`${name}: cox ${row(mine)}, kubectl ${row(theirs)}`);
}

try {
  run([...cox, "up", "--name", "bench"], env);
  run([...cox, "create", "deployment", "web", "--image=kelseyhightower/hello:1.0.0", "--replicas=2"], env);
  compare("version --client", ["version", "--client"], env);
  compare("get pods, Unix socket", ["get", "pods"], env);
  compare("get pods, TLS", ["get", "pods"], elsewhere);
} finally {
  run([...cox, "down", "--name", "bench", "--delete"], env);
  rmSync(folder, { recursive: true, force: true });
}
