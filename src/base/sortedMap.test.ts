import { describe, expect, test } from "vitest";
import { below, seededRng } from "./rng.ts";
import { SortedMap } from "./sortedMap.ts";

const from = <V>(map: SortedMap<V>, start: string, limit = Infinity): [string, V][] => {
  const out: [string, V][] = [];
  map.walk(start, (key, value) => {
    out.push([key, value]);
    return out.length < limit;
  });
  return out;
};

describe("sorted map", () => {
  test("behaves as a sorted copy of a plain map, through growth and shrinkage", () => {
    const rng = seededRng(3);
    const map = new SortedMap<number>();
    const model = new Map<string, number>();
    let disagreements = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const key = `k${below(rng, 3000)}`;
      const deletes = i > 12_000 ? 0.8 : 0.2;
      if (rng.next() < deletes) {
        if (map.delete(key) !== model.delete(key)) disagreements += 1;
      } else {
        map.set(key, i);
        model.set(key, i);
      }
    }
    expect(disagreements).toBe(0);
    expect(map.size).toBe(model.size);
    const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(from(map, "")).toEqual(sorted);
    expect(from(map, "k15", 10)).toEqual(sorted.filter(([key]) => key >= "k15").slice(0, 10));
    for (const [key, value] of sorted) expect(map.get(key)).toBe(value);
  });

  test("an empty map has nothing to walk", () => {
    expect(from(new SortedMap(), "")).toEqual([]);
    expect(new SortedMap().delete("a")).toBe(false);
  });
});
