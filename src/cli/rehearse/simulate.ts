/**
 * `--simulate`: the same rehearsal in virtual time, on a whole cluster with simulated nodes in this process. The same seed gives the same report. How long
 * things take on a node is a profile; how programs behave is read from the pods (rehearsal/simulate/behaviour.ts).
 */
import { configMap as configMapKind } from "../../api/core/v1/configMap.ts";
import type { Clock } from "../../base/clock.ts";
import { Disposables } from "../../base/disposables.ts";
import { silentLog } from "../../base/log.ts";
import { seededRng, uidsFrom } from "../../base/rng.ts";
import { virtualClock, type VirtualClock } from "../../base/virtualClock.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { type Cluster, type ClusterOptions, createCluster } from "../../cluster/createCluster.ts";
import { delayAt } from "../../proxy/propagation.ts";
import type { ServiceRule } from "../../proxy/ports/dataPlane.ts";
import { ViewChanges } from "../../proxy/ports/viewChanges.ts";
import { propagationConfigName } from "../../proxy/proxy.ts";
import type { ConnectionRecord } from "../../rehearsal/connections.ts";
import { simulated } from "../../rehearsal/simulate/behaviour.ts";
import { SimulatedLoad } from "../../rehearsal/simulate/simulatedLoad.ts";
import { locate } from "./locate.ts";
import type { RehearseRequest } from "./options.ts";
import { plansFor } from "./plans.ts";
import { type Rehearsed, Stage } from "./stage.ts";
import { patched, type Theatre } from "./theatre.ts";

/** What a small real node takes for its steps, with a third more or less. */
const nodeProfile = { sandboxDelayMs: 80, startDelayMs: 60, stopDelayMs: 5, jitter: 0.3 };
/** A cluster of ours, whose balancers' addresses are reached as they are. */
const simulatedSite = { nodeAddress: "127.0.0.1", ours: { reachable: (host: string, port: number) => ({ host, port }) } };
/** Counted from here, so that a report doesn't depend on the day. */
const startMs = Date.UTC(2026, 0, 1);
const mostVirtualMs = 24 * 3_600_000;

interface Output {
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  /** Where each cluster keeps its objects, for who wants to look on. Default: its own memory. */
  readonly store?: ((clock: Clock) => ClusterOptions["store"]) | undefined;
}

export async function simulate<T>(request: RehearseRequest, run: (theatre: Theatre) => Promise<T>, output: Output): Promise<T> {
  return await run({
    say: output.say,
    plans: ({ patches, careful }) =>
      plansFor(request, {
        namespace: undefined,
        expose: true,
        adapt: (objects) => simulated(patched(objects, patches), request.load.keepAlive > 0),
        careful,
      }),
    // Each plan on a cluster of its own: one does not shift the other's luck.
    perform: (plan, service) => performance(request, output, (stage) => stage.perform(plan, service), service.metadata),
  });
}

async function performance(
  request: RehearseRequest,
  output: Output,
  run: (stage: Stage) => Promise<Rehearsed>,
  service: { readonly name: string; readonly namespace?: string | undefined },
): Promise<Rehearsed> {
  const clock = virtualClock(startMs);
  const stack = new Disposables();
  try {
    const records: ConnectionRecord[] = [];
    const views = new ViewChanges();
    const onServiceRules = (rules: readonly ServiceRule[]): void => {
      for (const change of views.take(rules)) records.push({ type: "view", atMs: clock.now(), ...change });
    };
    const cluster = stack.add(await started(request, clock, { onServiceRules, store: output.store?.(clock) }));
    const namespace = service.namespace ?? "default";
    const informers = stack.add(createInformerFactory({ client: cluster.client, clock, log: silentLog }));
    const load = stack.add(
      new SimulatedLoad({ informers, clock, namespace, service: service.name, version: request.load.version, records: () => records }),
    );
    const stage = new Stage({
      client: cluster.client,
      informers,
      clock,
      load,
      request,
      namespace,
      own: true,
      signal: output.signal,
      say: output.say,
      where: `simulated, ${request.nodes} nodes, seed ${request.load.seed}`,
      profile: request.propagation.name,
      profileP99Ms: delayAt(request.propagation.profile, 0.99),
      locate: (found) => locate(found, simulatedSite, request),
      connections: () => Promise.resolve(records),
    });
    return await inVirtualTime(clock, run(stage));
  } finally {
    const stopped = stack[Symbol.asyncDispose]();
    await inVirtualTime(clock, stopped);
  }
}

async function started(
  request: RehearseRequest,
  clock: VirtualClock,
  options: Pick<ClusterOptions, "onServiceRules" | "store">,
): Promise<Cluster> {
  const rng = seededRng(request.load.seed);
  const cluster = await inVirtualTime(
    clock,
    createCluster({ nodes: Number(request.nodes), profile: nodeProfile, ...options }, { clock, rng, uids: uidsFrom(rng), log: silentLog }),
  );
  const data = { profile: request.propagation.name, seed: String(request.load.seed) };
  await inVirtualTime(
    clock,
    cluster.client.create(configMapKind, { metadata: { name: propagationConfigName, namespace: "kube-system" }, data }),
  );
  await clock.advance(5000);
  return cluster;
}

/** Moves time until the work is done. */
async function inVirtualTime<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let done = false;
  const settled = work.finally(() => {
    done = true;
  });
  settled.catch(() => undefined);
  await clock.runUntil(() => done, mostVirtualMs);
  return await settled;
}
