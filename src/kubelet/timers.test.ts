import { expect, test } from "vitest";
import { virtualClock } from "../testing/virtualClock.ts";
import { Gate } from "./gate.ts";
import { Timers } from "./timers.ts";

test("many deadlines, one timer of the clock, in order", async () => {
  const clock = virtualClock(0);
  const timers = new Timers(clock);
  const fired: string[] = [];
  for (const ms of [30, 10, 20, 10]) timers.after(ms, () => fired.push(`${ms}@${clock.now()}`));
  const cancelled = timers.after(15, () => fired.push("never"));
  cancelled[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(100);
  expect(fired).toEqual(["10@10", "10@10", "20@20", "30@30"]);
  expect(clock.pendingTimers).toBe(0);
});

test("an earlier deadline moves the timer forward; one that is past fires soon, never at once", async () => {
  const clock = virtualClock(0);
  const timers = new Timers(clock);
  const fired: number[] = [];
  timers.after(1000, () => fired.push(1000));
  timers.at(-5, () => fired.push(-5));
  expect(fired).toEqual([]);
  await clock.advance(1);
  expect(fired).toEqual([-5]);
  timers[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(0);
});

test("sleep ends with its signal", async () => {
  const timers = new Timers(virtualClock(0));
  const stop = new AbortController();
  const sleeping = timers.sleep(1000, stop.signal);
  stop.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(timers.sleep(1000, stop.signal)).rejects.toThrow("enough");
  timers[Symbol.dispose]();
});

test("a gate lets so many through at a time, in order, and survives failures", async () => {
  const gate = new Gate(2);
  const order: string[] = [];
  const doors: (() => void)[] = [];
  const work = (name: string, fails = false): Promise<void> =>
    gate.through(async () => {
      order.push(name);
      await new Promise<void>((resolve) => doors.push(resolve));
      if (fails) throw new Error(name);
    });
  const all = [work("a", true), work("b"), work("c"), work("d")];
  const ends = Promise.allSettled(all);
  await Promise.resolve();
  expect(order).toEqual(["a", "b"]);
  for (let i = 0; i < 20; i += 1) {
    doors.shift()?.();
    await Promise.resolve();
  }
  expect((await ends).map((end) => end.status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
  expect(order).toEqual(["a", "b", "c", "d"]);
});
