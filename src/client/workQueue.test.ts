import { describe, expect, test } from "vitest";
import { virtualClock } from "../testing/virtualClock.ts";
import { createWorkQueue } from "./workQueue.ts";

describe("work queue", () => {
  test("a key waits once, in order of arrival", async () => {
    const queue = createWorkQueue(virtualClock());
    for (const item of ["a", "b", "a", "c", "b"]) queue.add(item);
    expect(queue.length).toBe(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
  });

  test("a key added while being worked on comes back when done, and only then", async () => {
    const queue = createWorkQueue(virtualClock());
    queue.add("a");
    expect(await queue.take()).toBe("a");
    queue.add("a");
    queue.add("a");
    expect(queue.length).toBe(0);
    queue.done("a");
    expect(queue.length).toBe(1);
    expect(await queue.take()).toBe("a");
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  test("failures wait 5 ms, then twice as long each time, at most 1,000 s, until forgotten", async () => {
    const clock = virtualClock(0);
    const queue = createWorkQueue(clock);
    const waits: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      queue.addRateLimited("a");
      const from = clock.now();
      await clock.runUntil(() => queue.length === 1, 2_000_000);
      waits.push(clock.now() - from);
      await queue.take();
      queue.done("a");
    }
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.at(-1)).toBe(1_000_000);
    expect(queue.retries("a")).toBe(20);
    queue.forget("a");
    queue.addRateLimited("a");
    await clock.advance(5);
    expect(queue.length).toBe(1);
  });

  test("of several waits the earliest counts, and adding ends the wait", async () => {
    const clock = virtualClock(0);
    const queue = createWorkQueue(clock);
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 500);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    queue.addAfter("b", 100);
    queue.add("b");
    expect(queue.length).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  test("an item at rest comes back when the rest is over, and only if it was added", async () => {
    const clock = virtualClock(0);
    const queue = createWorkQueue(clock);
    for (const item of ["a", "b"]) {
      queue.add(item);
      await queue.take();
      queue.done(item, 100);
    }
    queue.add("a");
    queue.add("a");
    await clock.advance(99);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    expect(await queue.take()).toBe("a");
    queue.done("a", 100);
    queue[Symbol.dispose]();
    expect(clock.pendingTimers).toBe(0);
  });

  test("shut down: takers hear of it, timers are gone, nothing is taken in any more", async () => {
    const clock = virtualClock();
    const queue = createWorkQueue(clock);
    const taking = queue.take();
    queue.addAfter("a", 10);
    queue[Symbol.dispose]();
    expect(await taking).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
    queue.add("b");
    expect(await queue.take()).toBeUndefined();
  });
});
