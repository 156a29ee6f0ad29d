/**
 * Asks the lab's frontend for its version over and over while a step runs, and shows the share: a line at the foot of a terminal that is redrawn, lines
 * where it has moved otherwise. What the step's commands print goes through it, so that neither writes over the other.
 */
import { setTimeout as wait } from "node:timers/promises";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import type { Client } from "../../client/client.ts";
import type { ClusterState } from "../../daemon/clusterState.ts";
import { adminClient } from "../access.ts";
import type { Streams } from "../command.ts";
import { movedPorts } from "../movedPorts.ts";
import { askVersion } from "./share.ts";
import { isNotable, type RecentShares, shareLine, shareText, ShareWindow } from "./shareWindow.ts";

/** Between two requests. */
const everyMs = 60;
const redrawMs = 200;
/** A log is told no more often. */
const tellMs = 1000;

export class LiveShare implements AsyncDisposable {
  readonly #state: ClusterState;
  readonly #streams: Pick<Streams, "out" | "interactive">;
  readonly #window = new ShareWindow();
  readonly #over = new AbortController();
  readonly #done: Promise<void>;
  readonly #redraw: NodeJS.Timeout;
  #atLineStart = true;
  #drawn = "";
  #told: RecentShares | undefined;
  #toldAtMs = -Infinity;

  constructor(state: ClusterState, streams: Pick<Streams, "out" | "interactive">) {
    this.#state = state;
    this.#streams = streams;
    this.#done = this.#ask();
    this.#redraw = setInterval(() => this.#show(), redrawMs);
  }

  /** Text of the step's commands. */
  write(text: string): void {
    if (text === "") return;
    this.#wipe();
    this.#streams.out(text);
    this.#atLineStart = text.endsWith("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    clearInterval(this.#redraw);
    await this.#done;
    this.#wipe();
    if (!this.#streams.interactive) this.#tell(this.#window.shares(performance.now()));
  }

  /** Until it is over. The Service may not stand yet, or be gone: then there is nothing to show. */
  async #ask(): Promise<void> {
    const connection = adminClient(this.#state);
    const { signal } = this.#over;
    try {
      for (let url: URL | undefined; !signal.aborted; await wait(everyMs, undefined, { signal }).catch(() => undefined)) {
        url ??= await this.#frontend(connection.client);
        if (url === undefined) continue;
        const version = await askVersion({ url }).catch(() => "failed");
        this.#window.add(version, performance.now());
      }
    } finally {
      connection.close();
    }
  }

  async #frontend(client: Client): Promise<URL | undefined> {
    const found = await client.get(serviceKind, { namespace: "default", name: "frontend" }).catch(() => undefined);
    const address = found?.status?.loadBalancer?.ingress?.[0]?.ip;
    if (address === undefined) return undefined;
    const moved = movedPorts(this.#state)[`${address}:443`];
    return moved === "" ? undefined : new URL(`https://${moved ?? address}/version`);
  }

  #show(): void {
    const nowMs = performance.now();
    const shares = this.#window.shares(nowMs);
    if (!this.#atLineStart) return;
    if (this.#streams.interactive) {
      this.#wipe();
      this.#drawn = shares.length === 0 ? "" : shareLine(shares);
      this.#streams.out(this.#drawn);
    } else if (nowMs - this.#toldAtMs >= tellMs && this.#tell(shares)) {
      this.#toldAtMs = nowMs;
    }
  }

  /** A line for a log, where there is something to tell. */
  #tell(shares: RecentShares): boolean {
    if (!this.#atLineStart || !isNotable(shares, this.#told)) return false;
    this.#streams.out(`  now ${shareText(shares)}\n`);
    this.#told = shares;
    return true;
  }

  #wipe(): void {
    if (this.#drawn !== "") this.#streams.out("\r\u001b[K");
    this.#drawn = "";
  }
}
