/**
 * The state folder of a cluster, `$COX_HOME/<name>` (default `~/.coxswain/<name>`), 0700 with 0600 files:
 * cluster.json (what was asked for), pki/, store/ (lmdb), run/ (sockets and pid while it is up), logs/.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadBalancerRange } from "../cluster/addressPlan.ts";

/** Bumped when an older version can't read the folder any more. */
export const stateVersion = 1;

export interface ClusterRecord {
  readonly stateVersion: number;
  readonly name: string;
  /** Distinct among this user's clusters: LoadBalancer addresses come from 127.<64+index>.0.0/16. */
  readonly index: number;
  readonly nodes: number;
  /** The API server's port on 127.0.0.1. */
  readonly apiPort: number;
  readonly createdAt: string;
  /** `embedded` (also when left out), or `cri=` and the path of a socket. */
  readonly runtime?: string | undefined;
}

const maxSocketPathBytes = 107;

/** The CRI socket of a cluster's record; empty: the embedded runtime. */
export function criSocketOf({ runtime = "" }: Pick<ClusterRecord, "runtime">): string {
  return runtime.startsWith("cri=") ? runtime.slice("cri=".length) : "";
}

type Env = Readonly<Record<string, string | undefined>>;

export function homeFolder(env: Env): string {
  return env["COX_HOME"] ?? join(env["HOME"] ?? homedir(), ".coxswain");
}

/** One sentence that says what to do. */
export class StateError extends Error {
  override readonly name = "StateError";
}

export class ClusterState {
  readonly folder: string;
  readonly name: string;
  constructor(home: string, name: string) {
    if (!/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(name)) {
      throw new StateError(`"${name}" can't be a cluster's name: use lower-case letters, digits and '-', at most 42 characters.`);
    }
    this.name = name;
    this.folder = join(home, name);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }
  get apiSocket(): string {
    return this.socket("api");
  }
  get agentSocket(): string {
    return this.socket("agent");
  }
  get logFile(): string {
    return this.path("logs", "control-plane.log");
  }

  /** In run/, or, as a socket's path may have 107 bytes only, under the temporary folder. */
  private socket(name: string): string {
    const usual = this.path("run", `${name}.sock`);
    if (Buffer.byteLength(usual) <= maxSocketPathBytes) return usual;
    const { createHash } = process.getBuiltinModule("node:crypto"); // Rare, and loading it shows in short commands.
    const digest = createHash("sha256").update(this.folder).digest("hex").slice(0, 16);
    const folder = join(tmpdir(), `cox-${process.getuid?.() ?? 0}-${digest}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, `${name}.sock`);
  }

  exists(): boolean {
    return existsSync(this.path("cluster.json"));
  }

  read(): ClusterRecord {
    let text: string;
    try {
      text = readFileSync(this.path("cluster.json"), "utf8");
    } catch (error) {
      throw new StateError(this.absence(), { cause: error });
    }
    const record = parseRecord(text);
    if (record?.stateVersion !== stateVersion) {
      const version = record === undefined ? "unreadable" : `version ${record.stateVersion}`;
      throw new StateError(
        `The state folder ${this.folder} is ${version}, and this cox reads version ${stateVersion}: use the cox that made it, or remove it with 'cox down --name ${this.name} --delete'.`,
      );
    }
    return record;
  }

  /** Says that there is no such cluster, and which there are. */
  absence(): string {
    const others = namesIn(dirname(this.folder));
    const known = others.length === 0 ? "" : `, or name one that there is: --name ${others.join("|")}`;
    return `There is no cluster "${this.name}": start one with 'cox up --name ${this.name}'${known}.`;
  }

  create(record: ClusterRecord): void {
    for (const part of ["", "pki", "run", "logs", "store"]) {
      mkdirSync(this.path(part), { recursive: true, mode: 0o700 });
      chmodSync(this.path(part), 0o700);
    }
    this.writePrivate("cluster.json", `${JSON.stringify(record, undefined, 2)}\n`);
  }

  /** Atomic, 0600. */
  writePrivate(path: string, text: string): void {
    const target = this.path(path);
    writeFileSync(`${target}.part`, text, { mode: 0o600 });
    renameSync(`${target}.part`, target);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  writePid(): void {
    this.writePrivate(join("run", "pid"), JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) }));
  }

  /** The control plane's pid while that very process lives (its start time is compared, so a re-used pid doesn't count). */
  runningPid(): number | undefined {
    try {
      const { pid, startTime } = JSON.parse(readFileSync(this.path("run", "pid"), "utf8")) as { pid: number; startTime: string };
      return processStartTime(pid) === startTime ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

function parseRecord(text: string): ClusterRecord | undefined {
  try {
    return JSON.parse(text) as ClusterRecord;
  } catch {
    return undefined;
  }
}

/** In clock ticks since boot, as /proc tells; undefined when there is no such process (or it is a zombie). */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function clusterNames(env: Env): string[] {
  return namesIn(homeFolder(env));
}

function namesIn(home: string): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => existsSync(join(home, name, "cluster.json")))
    .sort();
}

/** The lowest index that no other cluster of this user holds, and in whose range nobody on this machine listens: another user, or another state folder. */
export function freeIndex(env: Env): number {
  const taken = new Set(
    clusterNames(env).map((name) => parseRecord(readFileSync(join(homeFolder(env), name, "cluster.json"), "utf8"))?.index ?? -1),
  );
  let index = 0;
  const listening = listeningRanges(readFileSync("/proc/net/tcp", "latin1"));
  while (taken.has(index) || listening.has(loadBalancerRange(index))) index += 1;
  return index;
}

/** The /16 ranges in which somebody listens; `table` is /proc/net/tcp. */
export function listeningRanges(table: string): ReadonlySet<string> {
  // Addresses are in hexadecimal, the last byte first; state 0A listens.
  const listeners = table.matchAll(/^\s*\d+: [0-9A-F]{4}([0-9A-F]{2})([0-9A-F]{2}):[0-9A-F]{4} \S+ 0A /gm);
  return new Set(
    [...listeners].map(([, second = "", first = ""]) => `${Number.parseInt(first, 16)}.${Number.parseInt(second, 16)}.0.0/16`),
  );
}
