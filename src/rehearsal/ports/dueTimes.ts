/** When requests are due: evenly or as a Poisson process, and never because of how earlier ones fared (an open loop). */
import type { Rng } from "../../base/rng.ts";

/** Gives the due times one after the other, in milliseconds from the start. */
export function dueTimes(ratePerSecond: number, arrivals: "constant" | "poisson", rng: Rng): () => number {
  const meanMs = 1000 / ratePerSecond;
  let count = 0;
  let sumMs = 0;
  if (arrivals === "constant") {
    return () => {
      const due = count * meanMs;
      count += 1;
      return due;
    };
  }
  return () => {
    sumMs += -Math.log(1 - rng.next()) * meanMs;
    return sumMs;
  };
}
