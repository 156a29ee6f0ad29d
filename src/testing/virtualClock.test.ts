import { describe, expect, test } from "vitest";
import { sleep } from "../base/clock.ts";
import { virtualClock } from "./virtualClock.ts";

describe("virtual clock", () => {
  test("fires by time, then by the order of asking", async () => {
    const clock = virtualClock(1000);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b${clock.now()}`));
    clock.after(10, () => seen.push(`a${clock.now()}`));
    clock.after(20, () => seen.push(`c${clock.now()}`));
    clock.after(31, () => seen.push("late"));
    await clock.advance(30);
    expect(seen).toEqual(["a1010", "b1020", "c1020"]);
    expect(clock.now()).toBe(1030);
    expect(clock.pendingTimers).toBe(1);
  });

  test("a disposed timer never fires, also when an equal-time timer disposes it through promises", async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    clock.after(5, () => void Promise.resolve().then(() => second[Symbol.dispose]()));
    const second = clock.after(5, () => seen.push("second"));
    await clock.advance(10);
    expect(seen).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("promise chains between timers run to their end before time moves", async () => {
    const clock = virtualClock(0);
    const times: number[] = [];
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 5; i += 1) {
        await sleep(clock, 100);
        for (let j = 0; j < 50; j += 1) await Promise.resolve();
        times.push(clock.now());
      }
    };
    const done = loop();
    await clock.advance(500);
    await done;
    expect(times).toEqual([100, 200, 300, 400, 500]);
  });

  test("runUntil stops at the first moment the condition holds", async () => {
    const clock = virtualClock(0);
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      clock.after(1000, tick);
    };
    clock.after(1000, tick);
    expect(await clock.runUntil(() => ticks === 3, 60_000)).toBe(3000);
    await expect(clock.runUntil(() => ticks === 1000, 5000)).rejects.toThrow("within 5000 ms");
  });

  test("runUntil with nothing left to wait for says so", async () => {
    await expect(virtualClock().runUntil(() => false, 1000)).rejects.toThrow("no timer is left");
  });

  test("time stands still for a held promise", async () => {
    const clock = virtualClock(0);
    let digested = -1;
    const digest = clock.hold(crypto.subtle.digest("SHA-256", new Uint8Array(1 << 20)));
    void digest.then(() => (digested = clock.now()));
    await clock.advance(10);
    expect(digested).toBe(0);
  });

  test("a second mover is refused", async () => {
    const clock = virtualClock();
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow("one caller");
    await first;
  });

  test("100,000 timers take no noticeable heap work", async () => {
    const clock = virtualClock(0);
    let fired = 0;
    for (let i = 0; i < 100_000; i += 1) clock.after(i % 977, () => (fired += 1))[Symbol.dispose]();
    clock.after(1000, () => (fired += 1));
    await clock.advance(1000);
    expect(fired).toBe(1);
  });
});
