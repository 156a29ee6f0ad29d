import { expect, test } from "vitest";
import { ByteQueue } from "./byteQueue.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test("what is queued comes out as one chunk, then the reader waits", async () => {
  const queue = new ByteQueue(10);
  queue.push(bytes(1));
  queue.push(bytes(2, 3));
  expect(await queue.take()).toEqual(bytes(1, 2, 3));
  const later = queue.take();
  queue.push(bytes(4));
  expect(await later).toEqual(bytes(4));
});

test("the end comes after what is queued", async () => {
  const queue = new ByteQueue(10);
  queue.push(bytes(1));
  queue.end();
  expect(queue.push(bytes(2))).toBe(false);
  expect([await queue.take(), await queue.take()]).toEqual([bytes(1), undefined]);
});

test("a reader that falls behind loses its stream, not the writer its memory", async () => {
  const queue = new ByteQueue(2);
  expect([queue.push(bytes(1)), queue.push(bytes(2)), queue.push(bytes(3)), queue.closed]).toEqual([true, true, false, true]);
  expect([await queue.take(), await queue.take()]).toEqual([bytes(1, 2), undefined]);
});
