/**
 * The process that pulls images, a child of the control plane in the machine's own network: started at the first pull, ended when there was none for
 * a while. Downloads and digests so never hold up the API server.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import { homePuller, openImageStore } from "../host-node/images/home.ts";
import { answerPulls, askPulls, type PullImage, type RemotePulls } from "../host-node/images/pullChannel.ts";
import { collectImages } from "../host-node/images/store/collect.ts";
import { unpackInWorker } from "../host-node/images/unpack/unpackWorker.ts";
import { processStartTime } from "./clusterState.ts";

export { unpackAsWorker } from "../host-node/images/unpack/unpackWorker.ts";

const idleMs = 60_000;
const collectEveryMs = 5 * 60_000;

export interface ImageServiceOptions {
  readonly programs: string;
  /** $COX_HOME. */
  readonly home: string;
  readonly log: Log;
}

export class ImageService implements AsyncDisposable {
  readonly #options: ImageServiceOptions;
  #running: { readonly child: ChildProcess; readonly pulls: RemotePulls } | undefined;
  #underway = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ImageServiceOptions) {
    this.#options = options;
  }

  readonly pull: PullImage = async (name, secrets) => {
    const { log } = this.#options;
    clearTimeout(this.#idle);
    this.#underway += 1;
    const startedMs = performance.now();
    try {
      await this.#started().pull(name, secrets);
      log.info("image pulled", { image: name, ms: Math.round(performance.now() - startedMs) });
    } catch (error) {
      log.warn("image not pulled", { image: name, error: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      this.#underway -= 1;
      if (this.#underway === 0) this.#idle = setTimeout(() => this.#rest(), idleMs).unref();
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#running?.child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** The next pull starts another one: it must not be sent to a process that is on its way out. */
  #rest(): void {
    this.#running?.child.kill();
    this.#running = undefined;
  }

  #started(): RemotePulls {
    if (this.#running !== undefined) return this.#running.pulls;
    const { programs, home } = this.#options;
    const child = spawn(process.execPath, [join(programs, "image-service.cjs"), home], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const pulls = askPulls(child);
    const running = { child, pulls };
    const ended = (): void => {
      if (this.#running === running) this.#running = undefined;
      pulls[Symbol.dispose]();
    };
    child.once("exit", ended);
    child.once("error", ended);
    this.#running = running;
    return pulls;
  }
}

/** The service's own main. `program` is the file that threads are started from. */
export function serveImages({
  program,
  home,
  env,
}: {
  readonly program: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}): void {
  const store = openImageStore(home);
  void store.tidy().catch(() => undefined);
  const puller = homePuller(store, unpackInWorker(program), env);
  const { signal } = new AbortController();
  answerPulls(process, async (name, secrets) => void (await puller.pull(name, { secrets, signal })));
}

/** Looks at the disk every few minutes, in the control plane. */
export function startImageCollector({ home, log }: Pick<ImageServiceOptions, "home" | "log">): Disposable {
  const store = openImageStore(home);
  const look = async (): Promise<void> => {
    const gone = await collectImages({ store, isAlive: isLivingOwner, nowMs: Date.now() });
    if (gone.length > 0) log.info("images removed to free the disk", { images: gone.join(", ") });
  };
  const timer = setInterval(
    () => void look().catch((error: unknown) => log.warn("images can't be removed", { error: String(error) })),
    collectEveryMs,
  );
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Who notes that an image runs: this process, told apart from later ones of the same number. */
export function imageOwner(): string {
  return `${process.pid}-${processStartTime(process.pid) ?? ""}`;
}

export function isLivingOwner(owner: string): boolean {
  const [pid = "", startTime = ""] = owner.split("-");
  return processStartTime(Number(pid)) === startTime;
}
