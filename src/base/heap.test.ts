import { describe, expect, test } from "vitest";
import { Heap } from "./heap.ts";
import { below, seededRng } from "./rng.ts";

describe("heap", () => {
  test("gives items back in order, whatever the order of pushing", () => {
    const rng = seededRng(7);
    const heap = new Heap<number>((a, b) => a < b);
    const all: number[] = [];
    for (let i = 0; i < 1000; i += 1) {
      const n = below(rng, 500);
      all.push(n);
      heap.push(n);
    }
    const out: number[] = [];
    while (heap.size > 0) out.push(heap.pop()!);
    expect(out).toEqual(all.toSorted((a, b) => a - b));
  });

  test("an empty heap gives undefined", () => {
    const heap = new Heap<number>((a, b) => a < b);
    expect(heap.peek()).toBeUndefined();
    expect(heap.pop()).toBeUndefined();
  });
});
