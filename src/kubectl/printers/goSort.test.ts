import { describe, expect, test } from "vitest";
import { goSorted } from "./goSort.ts";

type Form = "mixed" | "rising" | "falling";

/** What Go 1.26's sort.Sort makes of such items: how many, how many equal ones or keys, which form, and the order that came out as a number. */
const cases: readonly (readonly [count: number, keys: number, form: Form, order: number])[] = [
  [5, 1, "mixed", 31810],
  [5, 1, "rising", 31810],
  [5, 1, "falling", 3785410],
  [5, 3, "mixed", 3695110],
  [5, 3, "rising", 31810],
  [5, 3, "falling", 2889760],
  [5, 50, "mixed", 1014940],
  [5, 50, "rising", 31810],
  [5, 50, "falling", 31810],
  [13, 1, "mixed", 2962965702],
  [13, 1, "rising", 2962965702],
  [13, 1, "falling", 2847765062],
  [13, 3, "mixed", 836810856],
  [13, 3, "rising", 2962965702],
  [13, 3, "falling", 3582393128],
  [13, 50, "mixed", 1426664824],
  [13, 50, "rising", 2962965702],
  [13, 50, "falling", 2962965702],
  [20, 1, "mixed", 1804121098],
  [20, 1, "rising", 1804121098],
  [20, 1, "falling", 47721398],
  [20, 3, "mixed", 373178638],
  [20, 3, "rising", 1804121098],
  [20, 3, "falling", 1803463184],
  [20, 50, "mixed", 3792364082],
  [20, 50, "rising", 1804121098],
  [20, 50, "falling", 1804121098],
  [49, 1, "mixed", 476951320],
  [49, 1, "rising", 476951320],
  [49, 1, "falling", 3433151768],
  [49, 3, "mixed", 1458808288],
  [49, 3, "rising", 476951320],
  [49, 3, "falling", 367425112],
  [49, 50, "mixed", 3125045620],
  [49, 50, "rising", 476951320],
  [49, 50, "falling", 476951320],
  [64, 1, "mixed", 2158477344],
  [64, 1, "rising", 2158477344],
  [64, 1, "falling", 1439742944],
  [64, 3, "mixed", 2524965010],
  [64, 3, "rising", 2158477344],
  [64, 3, "falling", 236009414],
  [64, 50, "mixed", 2381210072],
  [64, 50, "rising", 2158477344],
  [64, 50, "falling", 3760667242],
  [300, 1, "mixed", 3827997846],
  [300, 1, "rising", 3827997846],
  [300, 1, "falling", 3639173546],
  [300, 3, "mixed", 866079548],
  [300, 3, "rising", 3827997846],
  [300, 3, "falling", 2655024148],
  [300, 50, "mixed", 1838326560],
  [300, 50, "rising", 3827997846],
  [300, 50, "falling", 708305400],
];

function itemsOf(count: number, keys: number, form: Form): { readonly key: number; readonly at: number }[] {
  let seed = count * 31 + keys * 7;
  return Array.from({ length: count }, (_, at) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const key = { mixed: (seed >>> 8) % keys, rising: Math.floor(at / keys), falling: Math.floor((count - at) / keys) }[form];
    return { key, at };
  });
}

describe("goSorted", () => {
  test.each(cases)("%i items, %i, %s", (count, keys, form, order) => {
    const sorted = goSorted(itemsOf(count, keys, form), (a, b) => a.key < b.key);
    expect(sorted.every(({ key }, at) => at === 0 || (sorted[at - 1]?.key ?? 0) <= key)).toBe(true);
    expect(sorted.reduce((sum, { at }) => (Math.imul(sum, 31) + at) >>> 0, 0)).toBe(order);
  });

  test("what is sorted is a copy", () => {
    const items = [3, 1, 2];
    expect(goSorted(items, (a, b) => a < b)).toEqual([1, 2, 3]);
    expect(items).toEqual([3, 1, 2]);
  });
});
