/**
 * Runs a controller: what its informers see becomes keys, keys wait in a queue, workers reconcile them. A reconcile that throws is repeated with
 * back-off, a TerminalError is not. There are no expectations: controllers write through `informers.readYourWrites`.
 */
import type { Log } from "../../base/log.ts";
import type { Key } from "../../client/client.ts";
import { createWorkQueue, type WorkQueue } from "../../client/workQueue.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { isApiError } from "../../machinery/status.ts";
import { TerminalError, type Controller, type Watch } from "./controller.ts";
import type { ControllerDeps } from "./deps.ts";

const defaultWorkers = 5;

export function startController(controller: Controller, deps: Pick<ControllerDeps, "informers" | "clock" | "log">): AsyncDisposable {
  const queue = createWorkQueue(deps.clock);
  const stop = new AbortController();
  const ownKind = controller.watches.find((watch) => watch.via === "self")?.kind;
  const handlers = controller.watches.map((watch) =>
    deps.informers.informer(watch.kind).onChange((object, previous) => {
      for (const key of keysOf(watch, ownKind, object, previous)) queue.add(keyText(key));
    }),
  );
  const running = run(controller, queue, deps, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error(`controller ${controller.name} was stopped`));
      for (const handler of handlers) handler[Symbol.dispose]();
      queue[Symbol.dispose]();
      await running;
    },
  };
}

async function run(
  controller: Controller,
  queue: WorkQueue,
  deps: Pick<ControllerDeps, "informers" | "log">,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.informers.synced(signal);
  } catch {
    return;
  }
  const workers = Array.from({ length: controller.workers ?? defaultWorkers }, async () => {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) {
      await workOn(item, { controller, queue, log: deps.log, signal });
    }
  });
  await Promise.all(workers);
}

interface Work {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly log: Log;
  readonly signal: AbortSignal;
}

async function workOn(item: string, { controller, queue, log, signal }: Work): Promise<void> {
  let restMs: number | undefined;
  try {
    const outcome = await controller.reconcile(keyFrom(item), signal);
    const { requeueAfterMs } = outcome;
    restMs = outcome.restMs;
    queue.forget(item);
    if (requeueAfterMs !== undefined) queue.addAfter(item, requeueAfterMs);
  } catch (error) {
    if (signal.aborted) return;
    const fields = { controller: controller.name, key: item, error: describe(error) };
    if (error instanceof TerminalError) {
      queue.forget(item);
      log.error("reconcile failed for good", fields);
      return;
    }
    queue.addRateLimited(item);
    // Someone else was faster: the cache will hold the newer object at the next try.
    if (isApiError(error, "Conflict")) log.debug("reconcile met a conflict", fields);
    else log.warn("reconcile failed", { ...fields, retries: queue.retries(item) });
  } finally {
    queue.done(item, restMs);
  }
}

function describe(error: unknown): string {
  return isApiError(error) || !(error instanceof Error) ? String(error) : (error.stack ?? error.message);
}

function keysOf(
  watch: Watch,
  ownKind: KindRef | undefined,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): readonly Key[] {
  const states = [object, previous].filter((state) => state !== undefined);
  if (watch.via === "self") return states.slice(0, 1).map(keyOf);
  if (watch.via === "controllerOwner") return states.flatMap((state) => ownerKeys(state, ownKind));
  const latest = object ?? previous;
  return latest === undefined ? [] : watch.via(latest, object === undefined ? undefined : previous);
}

function keyOf(object: KubeObject): Key {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

/** The controlling owner's key, if it is of the kind that this controller is about. */
function ownerKeys(object: KubeObject, ownKind: KindRef | undefined): readonly Key[] {
  const owner = controllerOf(object);
  if (owner === undefined || (ownKind !== undefined && owner.kind !== ownKind.kind)) return [];
  const namespaced = ownKind?.namespaced ?? true;
  return [{ namespace: namespaced ? (object.metadata.namespace ?? "") : "", name: owner.name }];
}

function keyText(key: Key): string {
  return `${key.namespace}/${key.name}`;
}

function keyFrom(item: string): Key {
  const slash = item.indexOf("/");
  return { namespace: item.slice(0, slash), name: item.slice(slash + 1) };
}
