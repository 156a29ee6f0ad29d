/**
 * Doing many like things: one, then twice as many at a time, as long as all succeed, so that what can't work is not tried a hundred times.
 * Upstream: pkg/controller/replicaset/replica_set.go (slowStartBatch)
 */
export async function inGrowingBatches<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  let done = 0;
  for (let size = 1; done < items.length; size *= 2) {
    await allOrFirstFailure(items.slice(done, done + size), run);
    done += size;
  }
}

/** Runs all of them to their end, then throws the first failure, if any. */
export async function allOrFirstFailure<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(run));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
