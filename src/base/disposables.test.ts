import { expect, test } from "vitest";
import { Disposables } from "./disposables.ts";

test("stops in reverse order, goes on after a failure and reports it", async () => {
  const order: string[] = [];
  const all = new Disposables();
  all.add({ [Symbol.dispose]: () => void order.push("first") });
  all.defer(() => {
    throw new Error("stuck");
  });
  all.add({ [Symbol.asyncDispose]: async () => void order.push("last") });
  await expect(all[Symbol.asyncDispose]()).rejects.toThrow("stuck");
  expect(order).toEqual(["last", "first"]);
  await all[Symbol.asyncDispose]();
});
