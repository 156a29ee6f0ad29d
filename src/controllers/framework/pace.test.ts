import { expect, it } from "vitest";
import { virtualClock } from "../../testing/virtualClock.ts";
import { Pace } from "./pace.ts";

it("small work may follow at once, large work waits in proportion, and never longer than the limit", async () => {
  const clock = virtualClock();
  const pace = new Pace(clock, { msPerItem: 0.1, maxMs: 50 });
  for (const [items, waitMs] of [
    [5, 0],
    [100, 10],
    [10_000, 50],
  ] as const) {
    pace.done("k", items);
    expect(pace.waitMs("k")).toBe(waitMs);
    expect(pace.waitMs("other")).toBe(0);
    await clock.advance(waitMs);
    expect(pace.waitMs("k")).toBe(0);
  }
});
