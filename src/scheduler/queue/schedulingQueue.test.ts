import { beforeEach, describe, expect, test } from "vitest";
import { aPendingPod } from "../../testing/schedulingScene.ts";
import { virtualClock, type VirtualClock } from "../../testing/virtualClock.ts";
import { type PodInfo, podInfoOf } from "../state/podInfo.ts";
import { type QueuedPod, SchedulingQueue } from "./schedulingQueue.ts";

let clock: VirtualClock;
let queue: SchedulingQueue;
beforeEach(() => {
  clock = virtualClock();
  queue = new SchedulingQueue(clock);
});

const info = (name: string, priority = 0, gates: string[] = []): PodInfo =>
  podInfoOf(aPendingPod(name, { spec: { priority, schedulingGates: gates.map((gate) => ({ name: gate })) } }));
const popped = (): string | undefined => queue.pop()?.info.name;
const pop = (): QueuedPod => {
  const queued = queue.pop();
  if (queued === undefined) throw new Error("nothing to pop");
  return queued;
};
const all = new Set(["NodeResourcesFit"]);

describe("scheduling queue", () => {
  test("higher priority first, then who came first", () => {
    for (const [name, priority] of [
      ["a", 0],
      ["b", 10],
      ["c", 0],
      ["d", 10],
      ["e", -1],
    ] as const)
      queue.put(info(name, priority), false);
    expect([popped(), popped(), popped(), popped(), popped(), popped()]).toEqual(["b", "d", "a", "c", "e", undefined]);
  });

  test("gated pods wait for the last gate", () => {
    queue.put(info("a", 0, ["x", "y"]), false);
    expect(popped()).toBeUndefined();
    queue.put(info("a", 0, ["y"]), true);
    expect(popped()).toBeUndefined();
    queue.put(info("a"), true);
    expect(popped()).toBe("a");
  });

  test("a removed pod is not tried", () => {
    queue.put(info("a"), false);
    queue.put(info("b"), false);
    queue.remove("uid-a");
    expect([popped(), popped()]).toEqual(["b", undefined]);
    expect(queue.size).toBe(1);
  });

  test("a rejected pod waits for an event that helps it", () => {
    queue.put(info("a"), false);
    queue.put(info("b"), false);
    queue.reject(pop(), all);
    queue.reject(pop(), all);
    expect(popped()).toBeUndefined();
    queue.wake(({ info: { name } }) => name === "b");
    expect([popped(), popped()]).toEqual(["b", undefined]);
  });

  test("a helped pod in its back-off doesn't hold up others, but is tried when there is nobody else", () => {
    queue.put(info("a", 10), false);
    queue.reject(pop(), all);
    queue.wake(() => true);
    queue.put(info("b"), false);
    expect([popped(), popped()]).toEqual(["b", "a"]);
  });

  test("a change of the pod itself may help", () => {
    queue.put(info("a"), false);
    queue.reject(pop(), all);
    queue.put(info("a"), false);
    expect(popped()).toBeUndefined();
    queue.put(info("a"), true);
    expect(popped()).toBe("a");
  });

  test("after an error the back-off is 1 s, 2 s, 4 s, 8 s, 10 s and is waited out", async () => {
    queue.put(info("a"), false);
    const waits: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      queue.retryLater(pop());
      const since = clock.now();
      expect(popped()).toBeUndefined();
      const wait = queue.ready(new AbortController().signal).then(() => waits.push(clock.now() - since));
      await clock.advance(10_000);
      await wait;
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test("a rejected pod for which nothing happens is tried again after five minutes", async () => {
    queue.put(info("a"), false);
    queue.reject(pop(), all);
    await clock.advance(290_000);
    expect(popped()).toBeUndefined();
    await clock.advance(40_000);
    expect(popped()).toBe("a");
  });

  test("ready wakes for what can be popped and for an abort; no timer is left", async () => {
    const stop = new AbortController();
    let woken = 0;
    void queue.ready(stop.signal).then(() => (woken += 1));
    await clock.settle();
    expect(woken).toBe(0);
    queue.put(info("a"), false);
    await clock.settle();
    expect(woken).toBe(1);
    queue.retryLater(pop());
    void queue.ready(stop.signal).then(() => (woken += 1));
    stop.abort();
    await clock.settle();
    expect(woken).toBe(2);
    queue[Symbol.dispose]();
    expect(clock.pendingTimers).toBe(0);
  });
});
