/** A headless Chromium with one page, driven over its DevTools protocol. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

export const chromiumIsThere: boolean = spawnSync("chromium", ["--version"]).status === 0;

export interface Page extends AsyncDisposable {
  /** What the page asked for over the network, `file:` left out; and what went wrong in it. */
  readonly requests: string[];
  readonly errors: string[];
  command(method: string, params?: object): Promise<Readonly<Record<string, unknown>>>;
  /** The value of an expression in the page. */
  value<T>(expression: string): Promise<T>;
  screenshot(): Promise<Buffer>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export async function openPage(url: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), "cox-chromium-"));
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking"];
  const child = spawn("chromium", [...args, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    // What it makes of its own there goes with the profile.
    env: { ...process.env, TMPDIR: profile },
  });
  const ended = once(child, "close");
  const close = async (): Promise<void> => {
    // It has children of its own.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const connection = new Connection(await debuggerUrl(child.stderr));
    return await connection.open(url, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function debuggerUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [, url] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (url !== undefined) {
      output.resume();
      return url;
    }
  }
  throw new Error("chromium ended at once");
}

class Connection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly requests: string[] = [];
  readonly errors: string[] = [];
  #lastId = 0;
  #sessionId: string | undefined;
  #onLoad: () => void = () => undefined;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on("message", (data: Buffer) => this.#take(JSON.parse(data.toString()) as Message));
  }

  async open(url: string, close: () => Promise<void>): Promise<Page> {
    await once(this.#socket, "open");
    const { targetId } = await this.command("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.command("Target.attachToTarget", { targetId, flatten: true });
    this.#sessionId = String(sessionId);
    for (const domain of ["Page", "Network", "Runtime"]) await this.command(`${domain}.enable`);
    const loaded = new Promise<void>((resolve) => (this.#onLoad = resolve));
    await this.command("Page.navigate", { url });
    await loaded;
    return {
      requests: this.requests,
      errors: this.errors,
      command: (method, params) => this.command(method, params),
      value: async <T>(expression: string) => {
        const { result } = await this.command("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
        return (result as { readonly value: T }).value;
      },
      screenshot: async () => {
        const { data } = await this.command("Page.captureScreenshot", { format: "png" });
        return Buffer.from(String(data), "base64");
      },
      [Symbol.asyncDispose]: async () => {
        this.#socket.terminate();
        await close();
      },
    };
  }

  async command(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, ...(this.#sessionId === undefined ? {} : { sessionId: this.#sessionId }) }));
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #take({ id, method, params, ...rest }: Message): void {
    if (id !== undefined) this.#waiting.get(id)?.(rest);
    else if (method === "Page.loadEventFired") this.#onLoad();
    else if (method === "Runtime.exceptionThrown") this.errors.push(JSON.stringify(params));
    else if (method === "Network.requestWillBeSent") {
      const { url } = (params as { readonly request: { readonly url: string } }).request;
      if (!url.startsWith("file:") && url !== "about:blank") this.requests.push(url);
    }
  }
}
