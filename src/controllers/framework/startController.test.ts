import { describe, expect, test } from "vitest";
import { replicaSet } from "../../api/apps/v1/replicaSet.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { silentLog } from "../../base/log.ts";
import type { Key } from "../../client/client.ts";
import type { Informer, InformerFactory } from "../../client/informer.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";
import { aPod } from "../../testing/objects.ts";
import { virtualClock } from "../../testing/virtualClock.ts";
import { TerminalError, type Outcome } from "./controller.ts";
import { startController } from "./startController.ts";

type Handler = (object: KubeObject | undefined, previous: KubeObject | undefined) => void;

/** Informers that tell what a test makes them tell. */
function handInformers() {
  const handlers = new Map<string, Handler>();
  const sync = new AbortController();
  const whenSynced = new Promise<void>((resolve) => sync.signal.addEventListener("abort", () => resolve()));
  const factory = {
    informer: (kind: KindRef) =>
      ({
        onChange(handler: Handler) {
          handlers.set(kind.kind, handler);
          return { [Symbol.dispose]: () => handlers.delete(kind.kind) };
        },
      }) as unknown as Informer<KubeObject>,
    synced: () => whenSynced,
  } as unknown as InformerFactory;
  const tell = (kind: KindRef, object: KubeObject | undefined, previous?: KubeObject): void => handlers.get(kind.kind)?.(object, previous);
  return { factory, tell, sync: () => sync.abort(), handlers };
}

function running(reconcile: (key: Key) => Promise<Outcome>, workers?: number) {
  const clock = virtualClock(0);
  const informers = handInformers();
  const controller = startController(
    {
      name: "test",
      ...(workers === undefined ? {} : { workers }),
      watches: [
        { kind: replicaSet, via: "self" },
        { kind: pod, via: "controllerOwner" },
      ],
      reconcile,
    },
    { informers: informers.factory, clock, log: silentLog },
  );
  return { clock, controller, ...informers };
}

const set = (name: string): KubeObject => ({ kind: "ReplicaSet", metadata: { name, namespace: "default" } });
const owned = (by: string, kind = "ReplicaSet"): KubeObject =>
  aPod("p", { owners: [{ apiVersion: "apps/v1", kind, name: by, uid: by, controller: true }] });

describe("controller framework", () => {
  test("nothing is reconciled before the caches are filled, then each key once", async () => {
    const seen: string[] = [];
    const run = running((key) => Promise.resolve(void seen.push(`${key.namespace}/${key.name}`)).then(() => ({})));
    run.tell(replicaSet, set("a"));
    run.tell(replicaSet, set("b"));
    run.tell(replicaSet, set("a"));
    await run.clock.advance(10);
    expect(seen).toEqual([]);
    run.sync();
    await run.clock.advance(0);
    expect(seen).toEqual(["default/a", "default/b"]);
    await run.controller[Symbol.asyncDispose]();
  });

  test("an owned object wakes its owner, a moved one both, and strangers' nobody", async () => {
    const seen: string[] = [];
    const run = running((key) => Promise.resolve(void seen.push(key.name)).then(() => ({})));
    run.sync();
    run.tell(pod, owned("a"));
    run.tell(pod, owned("c"), owned("b"));
    run.tell(pod, undefined, owned("d"));
    run.tell(pod, owned("job", "Job"));
    run.tell(pod, aPod("orphan"));
    await run.clock.advance(0);
    expect(seen.toSorted()).toEqual(["a", "b", "c", "d"]);
    await run.controller[Symbol.asyncDispose]();
  });

  test("the three outcomes: done, again later, again with back-off; and given up", async () => {
    const at: Record<string, number[]> = {};
    const outcomes: Record<string, () => Outcome> = {
      done: () => ({}),
      later: () => (at["later"]?.length === 1 ? { requeueAfterMs: 700 } : {}),
      failing: () => {
        if ((at["failing"]?.length ?? 0) < 4) throw new Error("not yet");
        return {};
      },
      hopeless: () => {
        throw new TerminalError("never");
      },
    };
    const run = running((key) => {
      (at[key.name] ??= []).push(run.clock.now());
      return Promise.resolve().then(() => outcomes[key.name]?.() ?? {});
    });
    run.sync();
    for (const name of Object.keys(outcomes)) run.tell(replicaSet, set(name));
    await run.clock.advance(60_000);
    expect(at).toEqual({ done: [0], later: [0, 700], failing: [0, 5, 15, 35], hopeless: [0] });
    await run.controller[Symbol.asyncDispose]();
  });

  test("as many keys at a time as there are workers, never one key twice", async () => {
    let atOnce = 0;
    let most = 0;
    const working = new Set<string>();
    const run = running(async (key) => {
      expect(working.has(key.name)).toBe(false);
      working.add(key.name);
      most = Math.max(most, (atOnce += 1));
      await new Promise<void>((resolve) => void run.clock.after(10, resolve));
      atOnce -= 1;
      working.delete(key.name);
      return {};
    }, 3);
    run.sync();
    for (let i = 0; i < 30; i += 1) run.tell(replicaSet, set(`s${i % 10}`));
    run.clock.after(15, () => run.tell(replicaSet, set("s3")));
    await run.clock.advance(1000);
    expect(most).toBe(3);
    await run.controller[Symbol.asyncDispose]();
  });

  test("stopping tells the running passes, waits for them, and leaves nothing", async () => {
    let finished = false;
    const run = running(async () => {
      await new Promise<void>((resolve) => void run.clock.after(50, resolve));
      finished = true;
      return { requeueAfterMs: 1000 };
    });
    run.sync();
    run.tell(replicaSet, set("a"));
    await run.clock.advance(1);
    const stopped = run.controller[Symbol.asyncDispose]();
    await run.clock.advance(50);
    await stopped;
    expect(finished).toBe(true);
    expect(run.clock.pendingTimers).toBe(0);
    expect(run.handlers.size).toBe(0);
  });
});
