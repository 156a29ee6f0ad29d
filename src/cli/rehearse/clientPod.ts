/**
 * The load generator in a pod of the rehearsal's namespace: what a client within the cluster sees, names looked up by the cluster's DNS included. The
 * pod only waits; the generator is run in it as `kubectl exec` would, and its orders and rows go through that.
 */
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { StreamSession } from "../../machinery/http.ts";
import type { LedgerRow, LoadGenerator, LoadRun, LoadSpec, LoadTarget } from "../../rehearsal/ports/load.ts";
import { clientLabel } from "../../rehearsal/recorder.ts";
import { RehearsalRefused } from "../../rehearsal/rehearse.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type LoadLink, RemoteGenerator } from "./loadProcess.ts";

export const clientImage = "coxswain/rehearsal-client:1.0.0";

const podName = "rehearsal-client";
const runningMs = 60_000;
const pollMs = 100;

export interface ClientPodOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly namespace: string;
  readonly exec: (namespace: string, pod: string, command: readonly string[]) => Promise<StreamSession>;
  readonly signal: AbortSignal;
}

export class ClientPod implements LoadGenerator, AsyncDisposable {
  readonly #options: ClientPodOptions;
  #process: Promise<RemoteGenerator> | undefined;

  constructor(options: ClientPodOptions) {
    this.#options = options;
  }

  async probe(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LedgerRow> {
    return await (await this.#started()).probe(spec, target, epochMs);
  }

  async measure(spec: LoadSpec): Promise<number> {
    return await (await this.#started()).measure(spec);
  }

  async start(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LoadRun> {
    return await (await this.#started()).start(spec, target, epochMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process === undefined) return;
    const process = await this.#process.catch(() => undefined);
    process?.[Symbol.dispose]();
    await this.#options.client.delete(podKind, this.#key, { gracePeriodSeconds: 0 });
  }

  get #key(): { readonly namespace: string; readonly name: string } {
    return { namespace: this.#options.namespace, name: podName };
  }

  /** The namespace exists when the first request is to be sent. */
  #started(): Promise<RemoteGenerator> {
    return (this.#process ??= this.#start());
  }

  async #start(): Promise<RemoteGenerator> {
    const { client, clock, namespace, signal, exec } = this.#options;
    const container = { name: "client", image: clientImage, command: ["sleep", "infinity"] };
    await client.create(podKind, {
      metadata: { name: podName, namespace, labels: { [clientLabel]: "true" } },
      spec: { containers: [container], terminationGracePeriodSeconds: 0, restartPolicy: "Never" },
    });
    const deadlineMs = clock.now() + runningMs;
    for (let pod = await this.#pod(); pod?.status?.phase !== "Running"; pod = await this.#pod()) {
      if (clock.now() >= deadlineMs)
        throw new RehearsalRefused(`The client's pod "${podName}" did not run within ${runningMs / 1000} s${whyNot(pod)}.`);
      await sleep(clock, pollMs, signal);
    }
    return new RemoteGenerator(sessionLink(await exec(namespace, podName, ["/rehearsal-client"])));
  }

  async #pod(): Promise<Pod | undefined> {
    return await this.#options.client.get(podKind, this.#key);
  }
}

function whyNot(pod: Pod | undefined): string {
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
  return waiting?.reason === undefined ? "" : ` (${waiting.reason}${waiting.message === undefined ? "" : `: ${waiting.message}`})`;
}

const channels = { input: 0, output: 1 };

function sessionLink(session: StreamSession): LoadLink {
  return {
    write: (text) => void session.send({ channel: channels.input, data: new TextEncoder().encode(text) }).catch(() => undefined),
    listen: (onLine, onEnd) => void listenTo(session, onLine).then(onEnd, (error: unknown) => onEnd(`was lost: ${String(error)}`)),
    [Symbol.dispose]: () => session.close(),
  };
}

/** Until the session ends; gives how it did. */
async function listenTo(session: StreamSession, onLine: (line: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const { channel, data } of session.incoming) {
    if (channel !== channels.output || data === null) continue;
    const lines = (rest + decoder.decode(data, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  return "ended with its pod";
}
