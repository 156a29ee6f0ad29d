/**
 * Controllers on a real API server in memory, on the virtual clock: what they do to objects can be watched step by step. The user's client is the
 * admin's and never fails. For faults and whole rollouts see test/sim.
 */
import { kinds } from "../api/registry.ts";
import { createApiServer } from "../apiserver/apiServer.ts";
import { silentLog, type Log } from "../base/log.ts";
import { seededRng, uidsFrom } from "../base/rng.ts";
import type { Client } from "../client/client.ts";
import { createClient } from "../client/httpClient.ts";
import { createInformerFactory } from "../client/informers.ts";
import type { Controller } from "../controllers/framework/controller.ts";
import type { ControllerDeps } from "../controllers/framework/deps.ts";
import { startController } from "../controllers/framework/startController.ts";
import type { Transport } from "../machinery/http.ts";
import { memoryStore } from "../store/memory.ts";
import { virtualClock, type VirtualClock } from "./virtualClock.ts";

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

export interface ControllerWorld extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** The user's. */
  readonly client: Client;
  /** What the controllers have: for a proxy or another client beside them. */
  readonly deps: ControllerDeps;
  /** Recorded since the last look, as `Type Reason: message (Kind name)`. */
  takeEvents(): string[];
  /** Requests that the controllers sent since the last look, as `METHOD path`. */
  takeWrites(): string[];
  /** What was logged as a warning or an error since the last look. Anything left makes disposing fail. */
  takeComplaints(): string[];
  /** Stops the controllers and starts new ones, as after a restart of their process. */
  restart(): Promise<void>;
}

export async function controllerWorld(build: (deps: ControllerDeps) => readonly Controller[]): Promise<ControllerWorld> {
  const clock = virtualClock();
  const rng = seededRng(7);
  const complaints: string[] = [];
  const complain = (message: string, fields: object = {}): void => void complaints.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, warn: complain, error: complain };
  const store = memoryStore();
  const server = createApiServer({ store, kinds, clock, rng, uids: uidsFrom(rng), log, version });
  await server.ready;
  const client = createClient((request) => server.handle(request, admin), { userAgent: "user" });
  const events: string[] = [];
  const writes: string[] = [];
  const transport: Transport = (request) => {
    if (request.method !== "GET") writes.push(`${request.method} ${request.url.replace(/\?.*/, "")}`);
    return server.handle(request, admin);
  };
  let parts: AsyncDisposable[] = [];
  const start = (): ControllerDeps => {
    const controllerClient = createClient(transport, { userAgent: "controllers" });
    const informers = createInformerFactory({ client: controllerClient, clock, log, rng });
    const deps: ControllerDeps = {
      client: controllerClient,
      informers,
      events: {
        event(regarding, type, reason, message) {
          const object = "object" in regarding ? regarding.object : regarding;
          events.push(`${type} ${reason}: ${message} (${object.kind} ${object.metadata.name})`);
        },
      },
      clock,
      rng,
      log,
    };
    parts = [...build(deps).map((controller) => startController(controller, deps)), informers];
    return deps;
  };
  const stop = async (): Promise<void> => {
    for (const part of parts) await part[Symbol.asyncDispose]();
  };
  const world = { deps: start() };
  await clock.settle();
  return {
    clock,
    client,
    get deps() {
      return world.deps;
    },
    takeComplaints: () => complaints.splice(0),
    takeEvents: () => events.splice(0),
    takeWrites: () => writes.splice(0),
    async restart() {
      await stop();
      world.deps = start();
      await clock.settle();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await server[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      if (complaints.length > 0) throw new Error(`controllers complained: ${complaints.join("; ")}`);
    },
  };
}
