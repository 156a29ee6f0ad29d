/**
 * Writes down, for a rehearsal, which pod each connection from the machine was sent to, which dials failed, and which backends each node's view held: JSON
 * lines in run/connections.jsonl. Only while run/connections.on exists, which the rehearsal makes and removes. What that file says is written down
 * as a mark, behind all that came before it. Read by cli/rehearse/connectionFile.ts.
 */
import { createWriteStream, type FSWatcher, readFileSync, watch, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { RelayTrace } from "./dataplane/relay.ts";
import type { ServiceRule } from "../proxy/ports/dataPlane.ts";
import { ViewChanges } from "../proxy/ports/viewChanges.ts";

export interface ConnectionTrace extends RelayTrace, Disposable {
  /** What is in force from now on. */
  rules(rules: readonly ServiceRule[]): void;
}

export const traceFile = "connections.jsonl";
export const traceSwitch = "connections.on";

export function connectionTrace(folder: string): ConnectionTrace {
  return new FileTrace(folder);
}

class FileTrace implements ConnectionTrace {
  readonly #folder: string;
  readonly #watcher: FSWatcher;
  #stream: WriteStream | undefined;
  #rules: readonly ServiceRule[] = [];
  readonly #views = new ViewChanges();

  constructor(folder: string) {
    this.#folder = folder;
    this.#watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === traceSwitch) this.#switch();
    });
    this.#switch();
  }

  picked(clientPort: number, backend: { readonly podName: string } | undefined): void {
    this.#write({ type: "picked", atMs: Date.now(), port: clientPort, pod: backend?.podName ?? "" });
  }

  failed(clientPort: number, code: string): void {
    this.#write({ type: "failed", atMs: Date.now(), port: clientPort, code });
  }

  rules(rules: readonly ServiceRule[]): void {
    this.#rules = rules;
    if (this.#stream === undefined) return;
    for (const change of this.#views.take(rules)) this.#write({ type: "view", atMs: Date.now(), ...change });
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    this.#stream?.end();
  }

  #switch(): void {
    const mark = textOf(join(this.#folder, traceSwitch));
    if ((mark !== undefined) !== (this.#stream !== undefined)) {
      this.#stream?.end();
      this.#stream = mark === undefined ? undefined : createWriteStream(join(this.#folder, traceFile), { flags: "w", mode: 0o600 });
      this.#stream?.on("error", () => undefined);
      this.#views.forget();
      this.rules(this.#rules);
    }
    if (mark !== undefined) this.#write({ type: "mark", mark });
  }

  #write(record: object): void {
    this.#stream?.write(`${JSON.stringify(record)}\n`);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
