/** What every component gets from where it runs. Adapters: host-node, host-browser, testing. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Rng, Uids } from "../base/rng.ts";

export interface Host {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly uids: Uids;
  readonly log: Log;
}
