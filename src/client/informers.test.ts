import { describe, expect, test } from "vitest";
import { pod } from "../api/core/v1/pod.ts";
import { silentLog } from "../base/log.ts";
import { failure } from "../machinery/status.ts";
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import type { Pod } from "../schema/shapes/core.v1.ts";
import { aPod } from "../testing/objects.ts";
import { virtualClock } from "../testing/virtualClock.ts";
import type { Client, ListResult, WatchEvent, WatchOptions } from "./client.ts";
import { createInformerFactory } from "./informers.ts";

const at = (name: string, revision: number): Pod => aPod(name, { resourceVersion: String(revision) });
const added = (name: string, revision: number): WatchEvent<Pod> => ({ type: "ADDED", object: at(name, revision) });
const end = (revision: number): WatchEvent<Pod> => ({ type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: true });

type Step = WatchEvent<Pod> | Error | "stay";

/** A client whose watches follow a script: each watch plays the next list of steps, then ends, fails or stays open. */
function scripted(watches: Step[][], list?: ListResult<Pod>): { client: Client; asked: WatchOptions[] } {
  const asked: WatchOptions[] = [];
  async function* watch(_kind: KindRef, options: WatchOptions): AsyncGenerator<WatchEvent<Pod>> {
    asked.push(options);
    for (const step of watches.shift() ?? ["stay" as const]) {
      if (step instanceof Error) throw step;
      if (step !== "stay") yield step;
      else await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
    }
  }
  const client = { watch, list: () => Promise.resolve(list) } as unknown as Client;
  return { client, asked };
}

function started(watches: Step[][], list?: ListResult<Pod>) {
  const clock = virtualClock(0);
  const { client, asked } = scripted(watches, list);
  const factory = createInformerFactory({ client, clock, log: silentLog });
  const informer = factory.informer(pod);
  const names = (): string[] => informer.list().map((each) => each.metadata.name);
  return { clock, factory, informer, asked, names };
}

describe("informers", () => {
  test("the first list comes as a stream and is complete at its bookmark", async () => {
    const { factory, informer, asked, names } = started([[added("a", 1), added("b", 2), end(5), added("c", 6), "stay"]]);
    expect(informer.synced).toBe(false);
    await factory.synced();
    expect(asked[0]).toMatchObject({ sendInitialEvents: true });
    await Promise.resolve();
    expect(names().slice(0, 2)).toEqual(["a", "b"]);
    await factory[Symbol.asyncDispose]();
  });

  test("one informer per kind and field selector", async () => {
    const { factory, informer, asked } = started([]);
    expect(factory.informer(pod)).toBe(informer);
    expect(factory.informer(pod, "spec.nodeName=n1")).not.toBe(informer);
    expect(asked.map((options) => options.fieldSelector)).toEqual([undefined, "spec.nodeName=n1"]);
    await factory[Symbol.asyncDispose]();
  });

  test("a watch that ends is taken up where it stood, and one that fails after a wait", async () => {
    const { clock, factory, asked, names } = started([[end(5), added("a", 6)], [added("b", 7), new Error("reset")], ["stay"]]);
    await factory.synced();
    await clock.advance(2000);
    expect(asked.map((options) => options.resourceVersion)).toEqual([undefined, "6", "7"]);
    expect(names()).toEqual(["a", "b"]);
    await factory[Symbol.asyncDispose]();
  });

  test("410: a new list, with the deletions that nobody saw", async () => {
    const expired = failure(410, "Expired", "too old resource version: 5 (9)");
    const { clock, factory, informer, asked, names } = started([
      [added("a", 1), added("b", 2), end(5)],
      [expired],
      [added("b", 2), added("c", 8), end(9), "stay"],
    ]);
    const heard: string[] = [];
    informer.onChange((object, previous) => heard.push(`${object?.metadata.name ?? "-"}/${previous?.metadata.name ?? "-"}`));
    await factory.synced();
    await clock.advance(0);
    expect(asked[2]).toMatchObject({ sendInitialEvents: true });
    expect(names()).toEqual(["b", "c"]);
    expect(heard).toEqual(["a/-", "b/-", "-/a", "c/-"]);
    await factory[Symbol.asyncDispose]();
  });

  test("a server without WatchList is asked for pages", async () => {
    const refused = failure(422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
    const page = { items: [at("a", 3)], resourceVersion: "4", continue: undefined };
    const { factory, asked, names } = started([[refused], [added("b", 5), "stay"]], page);
    await factory.synced();
    expect(names()).toContain("a");
    expect(asked.at(-1)).toMatchObject({ resourceVersion: "4" });
    await factory[Symbol.asyncDispose]();
  });

  test("a server that is away is asked again ever more seldom", async () => {
    const { clock, factory, asked } = started(Array.from({ length: 50 }, () => [new Error("refused")]));
    await clock.advance(600_000);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.length).toBeLessThan(40);
    await factory[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
  });

  test("handlers hear everything in order, never from within another, and one that throws doesn't stop the rest", async () => {
    const { factory, informer } = started([[added("a", 1), end(1), "stay"]]);
    const heard: string[] = [];
    let depth = 0;
    const observe = (object: KubeObject): void => {
      (informer as unknown as { observe(object: KubeObject): void }).observe(object);
    };
    informer.onChange(() => {
      throw new Error("a broken handler");
    });
    informer.onChange((object) => {
      depth += 1;
      expect(depth).toBe(1);
      heard.push(`1:${object?.metadata.name}`);
      if (object?.metadata.name === "a") observe(at("b", 50));
      depth -= 1;
    });
    informer.onChange((object) => heard.push(`2:${object?.metadata.name}`));
    await factory.synced();
    expect(heard).toEqual(["1:a", "2:a", "1:b", "2:b"]);
    const late: string[] = [];
    informer.onChange((object) => late.push(`${object?.metadata.name}`))[Symbol.dispose]();
    expect(late).toEqual(["a", "b"]);
    observe(at("c", 51));
    expect(late).toEqual(["a", "b"]);
    await factory[Symbol.asyncDispose]();
  });

  test("synced rejects when the wait or the factory is stopped", async () => {
    const { factory } = started([]);
    const stop = new AbortController();
    const waiting = factory.synced(stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    const disposed = factory.synced();
    await factory[Symbol.asyncDispose]();
    await expect(disposed).rejects.toThrow("stopped");
  });

  test("a client that writes through reads its own writes", async () => {
    const { factory, informer, names } = started([[added("a", 1), end(1), "stay"]]);
    await factory.synced();
    const client = factory.readYourWrites({
      create: (_kind: KindRef, object: Pod) => Promise.resolve({ ...object, metadata: { ...object.metadata, resourceVersion: "7" } }),
      deleteObject: () => Promise.resolve({ state: "deleted", uid: "uid-a" }),
    } as unknown as Client);
    await client.create(pod, aPod("b"));
    expect(names()).toEqual(["a", "b"]);
    expect(await client.delete(pod, { namespace: "default", name: "a" })).toBe(true);
    expect(informer.get({ namespace: "default", name: "a" })).toBeUndefined();
    await factory[Symbol.asyncDispose]();
  });

  test("a write whose answer was lost is found out by asking, a refused one isn't doubted", async () => {
    const { factory, names } = started([[added("a", 1), added("b", 2), end(2), "stay"]]);
    await factory.synced();
    const server = new Map([["made", at("made", 5)]]);
    const asked: string[] = [];
    const answers: Error[] = [
      new Error("connection reset"),
      failure(504, "Timeout", "timeout"),
      failure(403, "Forbidden", "no"),
      new Error("connection reset"),
    ];
    const fail = (): Promise<never> => Promise.reject(answers.shift());
    const client = factory.readYourWrites({
      create: fail,
      update: fail,
      deleteObject: fail,
      get: (_kind: KindRef, { name }: { name: string }) => {
        asked.push(name);
        return Promise.resolve(server.get(name));
      },
    } as unknown as Client);
    await expect(client.create(pod, aPod("made"))).rejects.toThrow("reset");
    await expect(client.create(pod, aPod("unmade"))).rejects.toThrow("timeout");
    await expect(client.update(pod, aPod("a"))).rejects.toThrow("no");
    await expect(client.delete(pod, { namespace: "default", name: "b" })).rejects.toThrow("reset");
    expect(names()).toEqual(["a", "b"]);
    await client.resolveDoubts();
    expect(asked).toEqual(["made", "unmade", "b"]);
    expect(names()).toEqual(["a", "made"]);
    await client.resolveDoubts();
    expect(asked).toHaveLength(3);
    await factory[Symbol.asyncDispose]();
  });
});
