/** What a conformance case sees of its cluster: every state that its pods went through, their logs and events, and commands inside. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Pod } from "../../src/schema/shapes/core.v1.ts";
import { ordinaryUser, type RealCluster } from "../lab/realCluster.ts";

type Program = ChildProcessByStdio<null, Readable, null>;

const patienceMs = 60_000;

export class Scene {
  /** Whether the cluster is root's: only then do containers have more than one id. */
  readonly asRoot: boolean;
  readonly cluster: RealCluster;
  /** Pods as they were told of, the newest last. */
  readonly #history = new Map<string, Pod[]>();
  readonly #gone = new Set<string>();
  readonly #wakers = new Set<() => void>();
  readonly #watch: Program;

  constructor(cluster: RealCluster, asRoot: boolean) {
    this.cluster = cluster;
    this.asRoot = asRoot;
    this.#watch = this.#kubectl("get", "pods", "--watch", "--output-watch-events", "-o", "json");
    let text = "";
    this.#watch.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#learn(JSON.parse(line) as { type: string; object: Pod });
    });
  }

  /** Waits until `holds` for the pod's newest state. */
  async until(name: string, holds: (pod: Pod) => boolean, what: string): Promise<Pod> {
    await this.#wait(() => this.#newest(name) !== undefined && holds(this.#pod(name)), `pod ${name}: ${what}`, name);
    return this.#pod(name);
  }

  /** Waits until the pod was in such a state at some time; gives the first one. */
  async once(name: string, held: (pod: Pod) => boolean, what: string): Promise<Pod> {
    const find = (): Pod | undefined => this.#history.get(name)?.find(held);
    await this.#wait(() => find() !== undefined, `pod ${name}: ${what}`, name);
    return find() ?? this.#pod(name);
  }

  ended(name: string): Promise<Pod> {
    return this.until(name, ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed", "it ends");
  }

  ready(name: string): Promise<Pod> {
    return this.until(name, isReady, "it is ready");
  }

  async gone(name: string): Promise<void> {
    await this.#wait(() => this.#gone.has(name), `pod ${name} goes`, name);
  }

  /** Standard output; throws for an exit code. */
  async sh(text: string): Promise<string> {
    const { code, stdout, stderr } = await this.cluster.sh(text);
    if (code !== 0) throw new Error(`${text}\nexit code ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  log(name: string, flags = ""): Promise<string> {
    return this.sh(`kubectl logs ${name} ${flags}`);
  }

  /** Resolves when the log is being followed, which takes a program that has said something already; `all` is the whole log at its end. */
  async follow(name: string): Promise<{ readonly all: Promise<string> }> {
    const child = this.#kubectl("logs", name, "-f");
    let text = "";
    const begun = new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        resolve();
      });
      child.once("close", (code) => reject(new Error(`kubectl logs ${name} -f ended with exit code ${code} and nothing said`)));
    });
    const all = once(child, "close").then(() => text);
    await begun;
    return { all };
  }

  exec(name: string, script: string): Promise<string> {
    return this.sh(`kubectl exec ${name} -- sh -c '${script}'`);
  }

  /** The pod's events so far, `reason: message` a line. */
  events(name: string): Promise<string> {
    const columns = `jsonpath='{range .items[*]}{.reason}: {.message}{"\\n"}{end}'`;
    return this.sh(`kubectl get events --field-selector involvedObject.name=${name} -o ${columns}`);
  }

  async untilEvent(name: string, text: string): Promise<string> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const events = await this.events(name);
      if (events.includes(text)) return events;
      if (Date.now() > end) throw new Error(`no event of ${name} says ${JSON.stringify(text)}:\n${events}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#watch, "exit");
    this.#watch.kill("SIGKILL");
    await ended;
  }

  #kubectl(...args: string[]): Program {
    const as = this.asRoot || process.getuid?.() !== 0 ? {} : ordinaryUser;
    return spawn(`${this.cluster.folder}/bin/kubectl`, args, { env: this.cluster.env, stdio: ["ignore", "pipe", "inherit"], ...as });
  }

  #newest(name: string): Pod | undefined {
    return this.#history.get(name)?.at(-1);
  }

  #pod(name: string): Pod {
    const pod = this.#newest(name);
    if (pod === undefined) throw new Error(`there was no pod ${name}`);
    return pod;
  }

  #learn({ type, object }: { type: string; object: Pod }): void {
    const { name } = object.metadata;
    const states = this.#history.get(name) ?? [];
    this.#history.set(name, states);
    states.push(object);
    if (type === "DELETED") this.#gone.add(name);
    for (const wake of this.#wakers) wake();
  }

  async #wait(holds: () => boolean, what: string, name: string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        this.#wakers.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = (): void => void (holds() && finish());
      const timer = setTimeout(() => {
        finish(new Error(`it did not come about that ${what}\n${JSON.stringify(this.#newest(name)?.status, undefined, 1)}`));
      }, patienceMs);
      this.#wakers.add(look);
    });
  }
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}
