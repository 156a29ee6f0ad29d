/**
 * A map with string keys in code-unit order: sorted chunks of keys beside a hash map of values. Finding is a hash look-up, inserting and deleting
 * move a few hundred pointers, walking a range touches only the range.
 */
const maxChunk = 512;
const mergeBelow = 128;

export class SortedMap<V> {
  private readonly values = new Map<string, V>();
  /** Never empty ones; every key of a chunk is smaller than every key of the next. */
  private readonly chunks: string[][] = [];

  get size(): number {
    return this.values.size;
  }

  get(key: string): V | undefined {
    return this.values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.values.has(key)) this.insertKey(key);
    this.values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.values.delete(key)) return false;
    const at = this.chunkOf(key);
    const chunk = this.chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 1);
    if (chunk.length === 0) this.chunks.splice(at, 1);
    else if (chunk.length < mergeBelow) this.mergeWithNext(at);
    return true;
  }

  /** Visits keys from `start` (inclusive) in order until `visit` gives false. The map must not change meanwhile. */
  walk(start: string, visit: (key: string, value: V) => boolean): void {
    const first = this.chunkOf(start);
    for (let at = first; at < this.chunks.length; at += 1) {
      const chunk = this.chunks[at]!;
      for (let i = at === first ? lowerBound(chunk, start) : 0; i < chunk.length; i += 1) {
        const key = chunk[i]!;
        if (!visit(key, this.values.get(key)!)) return;
      }
    }
  }

  private insertKey(key: string): void {
    if (this.chunks.length === 0) {
      this.chunks.push([key]);
      return;
    }
    const at = this.chunkOf(key);
    const chunk = this.chunks[at]!;
    if (chunk[chunk.length - 1]! < key) chunk.push(key);
    else chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length > maxChunk) this.chunks.splice(at + 1, 0, chunk.splice(maxChunk >> 1));
  }

  /** The last chunk whose first key is not greater than `key`, or the first one. */
  private chunkOf(key: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.chunks[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private mergeWithNext(at: number): void {
    const next = this.chunks[at + 1];
    if (next === undefined || next.length >= mergeBelow) return;
    this.chunks[at]!.push(...next);
    this.chunks.splice(at + 1, 1);
  }
}

/** Index of the first key that is not smaller. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
