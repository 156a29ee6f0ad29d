import { describe, expect, test } from "vitest";
import { AsyncQueue } from "./asyncQueue.ts";

async function take<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of queue) out.push(item);
  return out;
}

describe("async queue", () => {
  test("gives items in order, also those pushed while the consumer waits, and ends", async () => {
    const queue = new AsyncQueue<number>(10);
    queue.push(1);
    const taken = take(queue);
    await Promise.resolve();
    queue.push(2);
    queue.push(3);
    queue.close();
    expect(await taken).toEqual([1, 2, 3]);
  });

  test("refuses what is over the limit or after the end", () => {
    const queue = new AsyncQueue<number>(1);
    expect([queue.push(1), queue.push(2)]).toEqual([true, false]);
    queue.close();
    expect(queue.push(3)).toBe(false);
  });

  test("a failure comes after what was queued", async () => {
    const queue = new AsyncQueue<number>(10);
    queue.push(1);
    queue.close(new Error("lost"));
    const seen: number[] = [];
    const consume = async (): Promise<void> => {
      for await (const item of queue) seen.push(item);
    };
    await expect(consume()).rejects.toThrow("lost");
    expect(seen).toEqual([1]);
  });

  test("a consumer that stops closes the queue", async () => {
    const queue = new AsyncQueue<number>(10);
    queue.push(1);
    for await (const _ of queue) break;
    expect(queue.push(2)).toBe(false);
  });
});
