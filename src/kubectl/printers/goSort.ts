/**
 * Sorted as Go's sort.Sort sorts, which isn't stable: where two are neither less than the other, their order on the screen is this
 * algorithm's doing (pattern-defeating quicksort). Upstream: Go's sort/zsortinterface.go
 */

/** A sorted copy. */
export function goSorted<T>(items: readonly T[], isLess: (a: T, b: T) => boolean): T[] {
  const sorting = new Sorting(items, isLess);
  sorting.sort(0, items.length, bitLength(items.length));
  return sorting.items;
}

/** Up to this many are sorted by insertion. */
const insertionLimit = 12;
/** From this many on a pivot is the median of medians. */
const longLength = 50;
const mostShifts = 5;
const mostSwaps = 12;

type Hint = "increasing" | "decreasing" | "unknown";

class Sorting<T> {
  readonly items: T[];
  private readonly isLess: (a: T, b: T) => boolean;
  private swaps = 0;

  constructor(items: readonly T[], isLess: (a: T, b: T) => boolean) {
    this.items = [...items];
    this.isLess = isLess;
  }

  sort(from: number, to: number, badChoices: number): void {
    let [a, b, limit] = [from, to, badChoices];
    let [wasBalanced, wasPartitioned] = [true, true];
    for (;;) {
      const length = b - a;
      if (length <= insertionLimit) return this.insert(a, b);
      if (limit === 0) return this.heapSort(a, b);
      if (!wasBalanced) {
        this.breakPatterns(a, b);
        limit -= 1;
      }
      const { pivot, hint } = this.choosePivot(a, b);
      if (wasBalanced && wasPartitioned && hint === "increasing" && this.insertSome(a, b)) return undefined;
      if (a > 0 && !this.less(a - 1, pivot)) {
        a = this.partitionEqual(a, b, pivot);
        continue;
      }
      const { middle, already } = this.partition(a, b, pivot);
      wasPartitioned = already;
      const [left, right] = [middle - a, b - middle];
      wasBalanced = Math.min(left, right) >= Math.floor(length / 8);
      if (left < right) {
        this.sort(a, middle, limit);
        a = middle + 1;
      } else {
        this.sort(middle + 1, b, limit);
        b = middle;
      }
    }
  }

  private less(a: number, b: number): boolean {
    return this.isLess(this.items[a] as T, this.items[b] as T);
  }

  private swap(a: number, b: number): void {
    [this.items[a], this.items[b]] = [this.items[b] as T, this.items[a] as T];
  }

  private insert(from: number, to: number): void {
    for (let i = from + 1; i < to; i += 1) this.shiftLeft(i, from);
  }

  private shiftLeft(from: number, least: number): void {
    for (let j = from; j > least && this.less(j, j - 1); j -= 1) this.swap(j, j - 1);
  }

  /** A few that stand wrong are put right; true when all is in order then. */
  private insertSome(from: number, to: number): boolean {
    let i = from + 1;
    for (let shifts = 0; shifts < mostShifts; shifts += 1) {
      while (i < to && !this.less(i, i - 1)) i += 1;
      if (i === to) return true;
      if (to - from < longLength) return false;
      this.swap(i, i - 1);
      if (i - from >= 2) this.shiftLeft(i - 1, 0);
      if (to - i >= 2) for (let j = i + 1; j < to && this.less(j, j - 1); j += 1) this.swap(j, j - 1);
    }
    return false;
  }

  private heapSort(from: number, to: number): void {
    const count = to - from;
    for (let i = Math.floor((count - 1) / 2); i >= 0; i -= 1) this.siftDown(i, count, from);
    for (let i = count - 1; i >= 0; i -= 1) {
      this.swap(from, from + i);
      this.siftDown(0, i, from);
    }
  }

  private siftDown(top: number, count: number, first: number): void {
    let root = top;
    for (let child = 2 * root + 1; child < count; child = 2 * root + 1) {
      if (child + 1 < count && this.less(first + child, first + child + 1)) child += 1;
      if (!this.less(first + root, first + child)) return;
      this.swap(first + root, first + child);
      root = child;
    }
  }

  /** Those less than the pivot, it, the others. */
  private partition(from: number, to: number, pivot: number): { readonly middle: number; readonly already: boolean } {
    this.swap(from, pivot);
    let [i, j, already] = [from + 1, to - 1, true];
    for (;;) {
      while (i <= j && this.less(i, from)) i += 1;
      while (i <= j && !this.less(j, from)) j -= 1;
      if (i > j) break;
      this.swap(i, j);
      i += 1;
      j -= 1;
      already = false;
    }
    this.swap(j, from);
    return { middle: j, already };
  }

  /** Those equal to the pivot, then the greater ones, where which begin is given. */
  private partitionEqual(from: number, to: number, pivot: number): number {
    this.swap(from, pivot);
    let [i, j] = [from + 1, to - 1];
    for (;;) {
      while (i <= j && !this.less(from, i)) i += 1;
      while (i <= j && this.less(from, j)) j -= 1;
      if (i > j) return i;
      this.swap(i, j);
      i += 1;
      j -= 1;
    }
  }

  private breakPatterns(from: number, to: number): void {
    const length = to - from;
    if (length < 8) return;
    const mask = (1n << BigInt(bitLength(length))) - 1n;
    let random = BigInt(length);
    const middle = from + Math.floor(length / 4) * 2 - 1;
    for (let i = 0; i < 3; i += 1) {
      random = scrambled(random);
      const other = Number(random & mask);
      this.swap(middle + i, from + (other >= length ? other - length : other));
    }
  }

  /** Turns the range round where it seems to be the wrong way round. */
  private choosePivot(from: number, to: number): { readonly pivot: number; readonly hint: Hint } {
    const length = to - from;
    const quarter = Math.floor(length / 4);
    this.swaps = 0;
    const places = [from + quarter, from + quarter * 2, from + quarter * 3];
    const [i = 0, j = 0, k = 0] = length >= longLength ? places.map((place) => this.median(place - 1, place, place + 1)) : places;
    const pivot = this.median(i, j, k);
    if (this.swaps === 0) return { pivot, hint: "increasing" };
    if (this.swaps !== mostSwaps) return { pivot, hint: "unknown" };
    for (let low = from, high = to - 1; low < high; low += 1, high -= 1) this.swap(low, high);
    return { pivot: to - 1 - (pivot - from), hint: "increasing" };
  }

  private median(a: number, b: number, c: number): number {
    const [low, middle] = this.ordered(a, b);
    const [second] = this.ordered(middle, c);
    return this.ordered(low, second)[1];
  }

  private ordered(a: number, b: number): readonly [low: number, high: number] {
    if (!this.less(b, a)) return [a, b];
    this.swaps += 1;
    return [b, a];
  }
}

function bitLength(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log2(value)) + 1;
}

/** The next of a xorshift generator of 64 bits. */
function scrambled(value: bigint): bigint {
  let next = BigInt.asUintN(64, value ^ (value << 13n));
  next ^= next >> 7n;
  return BigInt.asUintN(64, next ^ (next << 17n));
}
