import { expect, test } from "vitest";
import { crashRounds } from "../store/crashRounds.ts";

/** The same as in test/node, as often as the promise is given: a thousand times, over ten folders. */
test.each(Array.from({ length: 10 }, (_, i) => i + 1))("100 times kill -9 at a random moment, seed %i", async (seed) => {
  const summary = await crashRounds(100, seed);
  expect(summary.acknowledged).toBeGreaterThan(1000);
});
