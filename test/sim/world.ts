/**
 * A control plane in process on the virtual clock: store, API server, Deployment and ReplicaSet controllers, and an actor in place of scheduler and
 * kubelets. The controllers reach the API over transports that may fail; the user and the actor do not.
 */
import { serviceAccount } from "../../src/api/core/v1/serviceAccount.ts";
import { kinds } from "../../src/api/registry.ts";
import { createApiServer } from "../../src/apiserver/apiServer.ts";
import { silentLog, type Log } from "../../src/base/log.ts";
import { below, seededRng, uidsFrom, type Rng } from "../../src/base/rng.ts";
import type { Client } from "../../src/client/client.ts";
import { createClient } from "../../src/client/httpClient.ts";
import { createInformerFactory } from "../../src/client/informers.ts";
import { DeploymentController } from "../../src/controllers/deployment/controller.ts";
import type { ControllerDeps } from "../../src/controllers/framework/deps.ts";
import { startController } from "../../src/controllers/framework/startController.ts";
import { ReplicaSetController } from "../../src/controllers/replicaset/controller.ts";
import type { Transport } from "../../src/machinery/http.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Change } from "../../src/store/store.ts";
import { faultyTransport, noFaults, type Faults } from "../../src/testing/faultyTransport.ts";
import { PodActor } from "../../src/testing/podActor.ts";
import { virtualClock, type VirtualClock } from "../../src/testing/virtualClock.ts";

const admin = { commonName: "kubernetes-admin", organizations: ["system:masters"] };
const version = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3",
  gitCommit: "0",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
};

export interface WorldOptions {
  readonly seed: number;
  readonly faults?: Faults;
  readonly nodes?: number;
  /** Longest time a pod takes for each step of its life. */
  readonly stepMs?: number;
  /** Mean time between crashes of one pod; 0: none. */
  readonly crashEveryMs?: number;
  /** Each controller with caches of its own, as in processes of their own. */
  readonly separateCaches?: boolean;
  readonly log?: Log;
}

export interface World extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  /** The user's: never fails. */
  readonly client: Client;
  readonly actor: PodActor;
  readonly nodes: readonly string[];
  /** Events that the controllers recorded, as `reason: message`. */
  readonly events: string[];
  /** Every change of the store, in order, from now on. */
  onChange(see: (change: Change) => void): void;
  /** Stops the controllers in the middle and starts new ones. */
  restartControllers(): Promise<void>;
  /** From now on nothing fails and nothing crashes. */
  calm(): void;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { seed, stepMs = 2000, log = silentLog } = options;
  const clock = virtualClock();
  const rng = seededRng(seed);
  const fork = (): Rng => seededRng(below(rng, 2 ** 31));
  const store = memoryStore();
  const serverRng = fork();
  const server = createApiServer({ store, kinds, clock, rng: serverRng, uids: uidsFrom(fork()), log, version });
  await server.ready;
  const transport: Transport = (request) => server.handle(request, admin);
  const client = createClient(transport, { userAgent: "user" });
  await client.create(serviceAccount, { metadata: { name: "default", namespace: "default" } });

  let faults = options.faults ?? noFaults;
  let crashEveryMs = options.crashEveryMs ?? 0;
  const nodes = Array.from({ length: options.nodes ?? 3 }, (_, i) => `node-${i + 1}`);
  const actorInformers = createInformerFactory({ client, clock, log, rng: fork() });
  const actor = new PodActor({
    client,
    informers: actorInformers,
    clock,
    rng: fork(),
    log,
    nodes,
    stepMs,
    crashEveryMs: () => crashEveryMs,
  });

  const events: string[] = [];
  const depsOfOneProcess = (): ControllerDeps => {
    const transportRng = fork();
    const faulty = createClient(faultyTransport({ transport, clock, rng: transportRng, faults: () => faults }), {
      userAgent: "controller",
    });
    return {
      client: faulty,
      informers: createInformerFactory({ client: faulty, clock, log, rng: fork(), frozen: true }),
      events: { event: (_regarding, _type, reason, message) => void events.push(`${reason}: ${message}`) },
      clock,
      rng: fork(),
      log,
    };
  };
  const startControllers = (): AsyncDisposable[] => {
    const first = depsOfOneProcess();
    const second = options.separateCaches === true ? depsOfOneProcess() : first;
    return [
      startController(new DeploymentController(first), first),
      startController(new ReplicaSetController(second), second),
      first.informers,
      second.informers,
    ];
  };
  let running = startControllers();
  const stopControllers = async (): Promise<void> => {
    for (const each of running) await each[Symbol.asyncDispose]();
  };

  const watching = new AbortController();
  return {
    clock,
    rng,
    client,
    actor,
    nodes,
    events,
    onChange(see) {
      const follow = async (): Promise<void> => {
        for await (const changes of store.watch("/registry/", await store.revision(), watching.signal))
          for (const change of changes) see(change);
      };
      void follow();
    },
    async restartControllers() {
      await stopControllers();
      running = startControllers();
    },
    calm() {
      faults = noFaults;
      crashEveryMs = 0;
      for (const node of nodes) actor.restoreNode(node);
    },
    async [Symbol.asyncDispose]() {
      faults = noFaults;
      const stopped = (async () => {
        await stopControllers();
        await actor[Symbol.asyncDispose]();
        await actorInformers[Symbol.asyncDispose]();
        watching.abort();
        await server[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      })();
      const state = { stopped: false };
      void stopped.finally(() => (state.stopped = true));
      // What is in flight may still wait for its injected delay.
      while (!state.stopped) await clock.advance(1000);
      await stopped;
    },
  };
}
